# Prints what must not change while a dump behind the socket $1 runs: objects, when tables were made, who may do what.
mysql_state() {
  mysql_objects "$1"
  {% if asset.kind == 'mysql' %}mysql{% else %}mariadb{% endif %} "${login[@]}" --socket="$1" --batch --skip-column-names --default-character-set=utf8mb4 --execute="
    SELECT table_schema, table_name, create_time FROM information_schema.tables
      WHERE table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1, 2;
    CHECKSUM TABLE {% if asset.kind == 'mysql' %}mysql.user, mysql.role_edges{% else %}mysql.global_priv, mysql.roles_mapping{% endif %}, mysql.db, mysql.tables_priv, mysql.columns_priv, mysql.procs_priv"
}
