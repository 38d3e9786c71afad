# Prints the dump $1 as SQL text; fails where it breaks off.
dump_text() {
{% if format == 'plain' %}
  case "$1" in
    *.gz) gzip --decompress --stdout -- "$1" ;;
    *.xz) xz --decompress --stdout -- "$1" ;;
    *.zst) zstd --decompress --stdout -- "$1" ;;
    *) cat -- "$1" ;;
  esac
{% else %}
  "$bindir/pg_restore" --file=- -- "$1"
{% endif %}
}

# Prints what the SQL text of a dump holds: the rows of every table, the last value of every sequence, the commands
# that leave the database, and whether it ends as it should.
tally() {
  LC_ALL=C awk '
    data && $0 == "\\." { printf "rows\t%s\t%d\n", table, rows; data = 0; next }
    data { rows++; next }
    /^COPY .* FROM stdin;$/ {
      table = substr($0, 6)
      sub(/ FROM stdin;$/, "", table)
      sub(/ \(.*\)$/, "", table)
      sub(/ +$/, "", table)
      rows = 0
      data = 1
      next
    }
    /^SELECT pg_catalog\.setval\(\047.*\047, -?[0-9]+, [a-z]+\);$/ {
      name = $0
      sub(/^SELECT pg_catalog\.setval\(\047/, "", name)
      value = name
      sub(/\047, -?[0-9]+, [a-z]+\);$/, "", name)
      sub(/^.*\047, /, "", value)
      sub(/, .*$/, "", value)
      gsub(/\047\047/, "\047", name)
      printf "sequence\t%s\t%s\n", name, value
    }
    /^CREATE DATABASE / { leaves++ }
    /^DROP DATABASE / { leaves++ }
    /^ALTER DATABASE / { leaves++ }
    /^\\connect / { leaves++ }
    /^-- PostgreSQL database dump complete/ { complete++ }
    /^-- PostgreSQL database cluster dump complete/ { complete++; leaves++ }
    END {
      printf "leaves\t-\t%d\n", leaves
      printf "complete\t-\t%d\n", complete
    }'
}
