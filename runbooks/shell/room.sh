# Fails where the file system of directory $1 has less than $2 free bytes or $3 free inodes; file systems
# without inodes report none or zero.
room() {
  local bytes inodes
  bytes=$(df --output=avail --block-size=1 -- "$1" | tail -n 1 | tr -d ' ')
  inodes=$(df --output=iavail -- "$1" | tail -n 1 | tr -d ' ')
  if [ "$bytes" -lt "$2" ]; then
    printf '%s has %s bytes free, %s are needed\n' "$1" "$bytes" "$2" >&2
    return 1
  fi
  case "$inodes" in
    0 | - | '') ;;
    *)
      if [ "$inodes" -lt "$3" ]; then
        printf '%s has %s inodes free, %s are needed\n' "$1" "$inodes" "$3" >&2
        return 1
      fi
      ;;
  esac
}
