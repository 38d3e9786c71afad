# Sets the array login: the file $1 with user and password, where it is there and nobody else can read it; else
# nothing, and the server knows the account that runs this by its socket. No password ever stands on a command line.
login=()
mysql_login() {
  login=()
  if [ -e "$1" ]; then
    if [ -n "$(find "$1" -maxdepth 0 -perm /077)" ]; then
      printf '%s holds a password and can be read by others; chmod 600 it\n' "$1" >&2
      return 1
    fi
    login=(--defaults-extra-file="$1")
  fi
}
