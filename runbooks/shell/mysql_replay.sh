# Plays the binary logs in $1 from the log $2 at position $3 into the server at the socket $4: up to log and position
# $5 (`binlog.000012:4711`), or, where that is none, up to the first event that is not older than $6 (UTC).
mysql_replay() {
  local last=- stop=(--stop-datetime="$6") files=()
  if [ "$5" != none ]; then
    last=${5%:*}
    stop=(--stop-position="${5##*:}")
  fi
  names=$(binlogs_from "$1" "$2" "$last")
  mapfile -t files <<< "$names"
  # One client for all logs: temporary tables live as long as their connection.
  (cd -- "$1" && TZ=UTC {% if asset.kind == 'mysql' %}mysqlbinlog --skip-gtids{% else %}mariadb-binlog{% endif %} --start-position="$3" "${stop[@]}" -- "${files[@]}") |
    {% if asset.kind == 'mysql' %}mysql{% else %}mariadb{% endif %} "${login[@]}" --socket="$4" --batch --binary-mode --max-allowed-packet=1G --default-character-set=utf8mb4
}
