# Prints $1 as one word of a POSIX shell, in which PostgreSQL starts commands and servers.
as_shell_word() {
  local text=${1//\'/\'\\\'\'}
  printf "'%s'" "$text"
}

# Prints $1 as a value of a PostgreSQL configuration file.
as_setting() {
  local text=${1//\\/\\\\}
  text=${text//\'/\'\'}
  printf "'%s'" "$text"
}
