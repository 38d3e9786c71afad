# Fails where $1 cannot be renamed and replaced by a new tree: a link, a mount point, a parent that is read-only.
replaceable() {
  local parent
  parent=$(dirname -- "$1")
  if [ -L "$1" ]; then
    printf '%s is a symbolic link; the inventory must name the path it leads to\n' "$1" >&2
    return 1
  fi
  if [ -d "$1" ] && mountpoint --quiet -- "$1"; then
    printf '%s is a mount point and cannot be renamed; the inventory must name a directory below it\n' "$1" >&2
    return 1
  fi
  if [ ! -d "$parent" ] || [ ! -w "$parent" ]; then
    printf '%s is missing or cannot be written\n' "$parent" >&2
    return 1
  fi
}
