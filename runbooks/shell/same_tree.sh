# Succeeds where the tree $1 is the one that the function manifest prints, and shows the first differences otherwise.
same_tree() {
  if cmp --silent -- <(manifest) <(list_tree "$1"); then
    return 0
  fi
  printf '%s is not as its manifest says; < expected, > found:\n' "$1" >&2
  { diff <(manifest | tr '\0' '\n') <(list_tree "$1" | tr '\0' '\n') || true; } | sed -n '1,40p' >&2
  return 1
}
