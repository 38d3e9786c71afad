CREATE USER 'backup_user'@'%' IDENTIFIED BY 'your_password';
GRANT ALL PRIVILEGES ON backup_db.* TO 'backup_user'@'%';
FLUSH PRIVILEGES;
