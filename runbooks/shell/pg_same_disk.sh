# Warns where the data directory $1 and the place of its copies $2 are on one file system.
warn_same_disk() {
  local data copies
  data=$(stat --format=%d -- "$1" 2> /dev/null || printf unknown)
  copies=$(stat --format=%d -- "$2")
  if [ "$data" = "$copies" ]; then
    printf 'warning: %s and its copies are on one file system and can be lost together\n' "$1" >&2
  fi
}
