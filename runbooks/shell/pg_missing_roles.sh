# Prints the statements of the file $1, made by pg_dumpall --globals-only, for roles that the server lacks. A role that
# is there keeps its password and its rights of today.
missing_roles() {
  LC_ALL=C awk '
    NR == FNR { there[$0] = 1; next }
    /^CREATE ROLE .*;$/ {
      name = substr($0, 13, length($0) - 13)
      if (!(name in there)) { made[name] = 1; print }
      next
    }
    /^ALTER ROLE / {
      for (name in made) if (index($0, "ALTER ROLE " name " ") == 1) { print; break }
      next
    }
    /^GRANT .* TO / {
      for (name in made) {
        if (index($0, "GRANT " name " TO ") == 1) about = 1
        if (index($0, " TO " name " ")) about = 1
        if (index($0, " TO " name ";")) about = 1
        if (about) {
          about = 0
          sub(/ GRANTED BY .*;$/, ";")
          print
          break
        }
      }
    }' <(ask -c 'select quote_ident(rolname) from pg_roles') "$1"
}
