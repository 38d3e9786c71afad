# Prints the schema of the SQLite file $1, the number of rows of every table, a checksum over all content, and the
# references to rows that are not there.
list_rows() {
  sqlite3 --batch --bail "$1" .schema
  sqlite3 --batch --bail "$1" .dump | LC_ALL=C awk '/^INSERT INTO / { sub(/ VALUES\(.*/, ""); rows[$0]++ } END { for (table in rows) print table, rows[table] }' | LC_ALL=C sort
  sqlite3 --batch --bail "$1" .dump | sha256sum
  sqlite3 --batch --bail "$1" 'PRAGMA foreign_key_check;'
}
