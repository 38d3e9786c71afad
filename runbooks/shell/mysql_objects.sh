# Prints every table, view, routine, trigger and event behind the socket $1, sorted; not those of the server itself.
mysql_objects() {
  {% if asset.kind == 'mysql' %}mysql{% else %}mariadb{% endif %} "${login[@]}" --socket="$1" --batch --skip-column-names --default-character-set=utf8mb4 --execute="
    SELECT lower(table_type), table_schema, table_name, coalesce(engine, '-') FROM information_schema.tables
      WHERE table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
    UNION ALL SELECT lower(routine_type), routine_schema, routine_name, '-' FROM information_schema.routines
      WHERE routine_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
    UNION ALL SELECT 'trigger', trigger_schema, trigger_name, event_object_table FROM information_schema.triggers
      WHERE trigger_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
    UNION ALL SELECT 'event', event_schema, event_name, '-' FROM information_schema.events
    UNION ALL SELECT 'account', host, user, '-' FROM mysql.user" | LC_ALL=C sort
}
