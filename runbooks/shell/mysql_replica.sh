# Prints what the server behind the socket $1 says of its replication; nothing where it is no replica.
replica_status() {
  {% if asset.kind == 'mysql' %}mysql{% else %}mariadb{% endif %} "${login[@]}" --socket="$1" --connect-timeout=10 --vertical --execute='SHOW REPLICA STATUS'
}

# Prints the value of the field $2 of the status $1.
replica_field() {
  awk -v field="$2:" '$1 == field { sub(/^ *[^ ]+ ?/, ""); print; exit }' <<< "$1"
}

# Succeeds where the status $1 says that everything which was received is applied; ends the script where it never will be.
replica_drained() {
  if [ "$(replica_field "$1" {% if asset.kind == 'mysql' %}Replica_SQL_Running{% else %}Slave_SQL_Running{% endif %})" != Yes ]; then
    printf 'the replica stopped applying: %s\n' "$(replica_field "$1" Last_SQL_Error)" >&2
    exit 1
  fi
  {% if asset.kind == 'mysql' %}
  [ "$(replica_field "$1" Source_Log_File)" = "$(replica_field "$1" Relay_Source_Log_File)" ] &&
    [ "$(replica_field "$1" Read_Source_Log_Pos)" = "$(replica_field "$1" Exec_Source_Log_Pos)" ]
  {% else %}
  [ "$(replica_field "$1" Master_Log_File)" = "$(replica_field "$1" Relay_Master_Log_File)" ] &&
    [ "$(replica_field "$1" Read_Master_Log_Pos)" = "$(replica_field "$1" Exec_Master_Log_Pos)" ]
  {% endif %}
}
