# Prints where below the directory $1 the copy of the tree $2 stands; $3 is its number where there are several.
# Copies of our own have it in tree; others are the tree itself, or hold it under its whole path or its last name.
snapshot_tree() {
  if [ -e "$1/manifest$3" ] && [ -e "$1/tree$3" ]; then
    printf '%s\n' "$1/tree$3"
  elif [ -e "$1$2" ] || [ -L "$1$2" ]; then
    printf '%s\n' "$1$2"
  elif [ -d "$1/${2##*/}" ] && [ "$(find "$1" -mindepth 1 -maxdepth 1 -printf x)" = x ]; then
    printf '%s\n' "$1/${2##*/}"
  else
    printf '%s\n' "$1"
  fi
}
