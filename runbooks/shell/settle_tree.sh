# Renames what was extracted to $1/extracted/$2 to $1/tree, and removes the empty directories above it.
settle_tree() {
  local inside above
  inside=${2#./}
  inside=${inside#/}
  if [ "$inside" = . ]; then
    mv -T -- "$1/extracted" "$1/tree"
    return
  fi
  move_tree "$1/extracted/$inside" "$1/tree"
  above=$(dirname -- "$inside")
  if [ "$above" != . ]; then
    (cd -- "$1/extracted" && rmdir --parents -- "$above")
  fi
  rmdir -- "$1/extracted"
}
