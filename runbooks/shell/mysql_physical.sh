# Prints the value of $3 in the file of checkpoints or info ($2) of the physical copy $1, under either tool's name for it.
physical_fact() {
  local file
  for file in "$1/mariadb_backup_$2" "$1/xtrabackup_$2"; do
    if [ -f "$file" ]; then
      awk -F ' *= *' -v key="$3" '$1 == key { print $2; exit }' "$file"
      return
    fi
  done
}

# Prints the binary log and the position to which the physical copy $1 belongs.
physical_coordinates() {
  local file
  for file in "$1/mariadb_backup_binlog_info" "$1/xtrabackup_binlog_info"; do
    if [ -s "$file" ]; then
      awk 'NR == 1 && $2 ~ /^[0-9]+$/ { print $1, $2; exit }' "$file"
      return
    fi
  done
  printf '%s does not say to which position of the binary log it belongs; nothing can be replayed on it\n' "$1" >&2
  return 1
}
