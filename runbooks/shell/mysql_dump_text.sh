# Prints the SQL of the dump $1, whatever it is packed with.
dump_text() {
  case "$1" in
    *.gz) gzip --decompress --stdout -- "$1" ;;
    *.zst) zstd --decompress --stdout --quiet -- "$1" ;;
    *.xz) xz --decompress --stdout -- "$1" ;;
    *) cat -- "$1" ;;
  esac
}

# Reads the dump $1 to its end and prints: bytes, tables, whether it was completed, whether it holds the accounts,
# the version of the server it comes from, the binary log and the position it belongs to (or -).
dump_facts() {
  dump_text "$1" | LC_ALL=C awk '
    { bytes += length($0) + 1 }
    /^CREATE TABLE / { tables++ }
    /^-- Current Database: .mysql.$/ { accounts = "yes" }
    /^CREATE USER / { accounts = "yes" }
    /^-- Server version/ { version = version == "" ? $4 : version }
    /_LOG_POS=[0-9]/ {
      if (file == "") {
        file = $0; sub(/.*_LOG_FILE=\047/, "", file); sub(/\047.*/, "", file)
        position = $0; sub(/.*_LOG_POS=/, "", position); sub(/[^0-9].*/, "", position)
      }
    }
    /^-- Dump completed/ { completed = NR }
    NF { last = NR }
    END {
      printf("%.0f %d %s %s %s %s %s\n", bytes, tables, (last && completed == last) ? "completed" : "cut",
        accounts == "" ? "no" : accounts, version == "" ? "-" : version, file == "" ? "-" : file, position == "" ? "-" : position)
    }'
}
