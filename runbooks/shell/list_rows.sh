# Prints the schema, the number of rows of every table and the dangling references of the SQLite file $1.
list_rows() {
  sqlite3 -batch -bail "$1" 'SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name;'
  sqlite3 -batch -bail "$1" 'SELECT format('"'"'SELECT %Q, count(*) FROM "%w";'"'"', name, name) FROM sqlite_master WHERE type = '"'"'table'"'"' ORDER BY name;' |
    sqlite3 -batch -bail "$1"
  sqlite3 -batch -bail "$1" 'PRAGMA foreign_key_check;'
}
