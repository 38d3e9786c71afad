# Fails where a server runs on the data directory $1 or answers at the socket $2.
mysql_stopped() {
  local inode
  if [ -S "$2" ] && {% if asset.kind == 'mysql' %}mysqladmin{% else %}mariadb-admin{% endif %} --socket="$2" --connect-timeout=5 ping > /dev/null 2>&1; then
    printf 'a server still answers at %s\n' "$2" >&2
    return 1
  fi
  if [ -e "$1/ibdata1" ]; then
    # A server holds a lock on its first data file as long as it runs.
    inode=$(stat --format=%i -- "$1/ibdata1")
    if grep --quiet ":$inode 0 EOF\$" /proc/locks; then
      printf 'a server still has %s open\n' "$1" >&2
      return 1
    fi
  fi
}
