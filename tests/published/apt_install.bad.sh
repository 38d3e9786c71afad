#!/bin/bash
yum install mysql-server
apt-get update
apt-get install mysql-server mysql-client
