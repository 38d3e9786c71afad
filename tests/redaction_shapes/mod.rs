//! Made-up secrets inside text that operators paste, and text that only looks like it. What must go stands in «».

/// A small deterministic generator (splitmix64).
pub struct Random(u64);

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn of(&mut self, length: usize, alphabet: &str) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| letters[self.below(letters.len() as u64) as usize]).collect()
    }

    /// Letters and digits.
    pub fn an(&mut self, length: usize) -> String {
        self.of(length, &format!("{LOWER}{UPPER}{DIGITS}"))
    }

    /// The alphabet of base64.
    pub fn b64(&mut self, length: usize) -> String {
        self.of(length, &format!("{LOWER}{UPPER}{DIGITS}+/"))
    }

    /// The alphabet of base64 for URLs.
    pub fn url(&mut self, length: usize) -> String {
        self.of(length, &format!("{LOWER}{UPPER}{DIGITS}-_"))
    }

    pub fn hex(&mut self, length: usize) -> String {
        self.of(length, "0123456789abcdef")
    }

    pub fn digits(&mut self, length: usize) -> String {
        self.of(length, DIGITS)
    }

    pub fn capitals(&mut self, length: usize) -> String {
        self.of(length, &format!("{UPPER}234567"))
    }

    pub fn lower(&mut self, length: usize) -> String {
        self.of(length, LOWER)
    }

    /// A password as people make them: letters, digits, marks.
    pub fn password(&mut self) -> String {
        format!("{}{}{}{}", self.of(1, UPPER), self.an(6), self.of(1, "!@#%^*+=~"), self.an(5))
    }

    fn base64(&mut self, text: &str) -> String {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(text)
    }

    fn jwt(&mut self) -> String {
        let head = self.base64(r#"{"alg":"HS256","typ":"JWT"}"#).replace('=', "");
        let body = format!(r#"{{"sub":"{}","iss":"corp"}}"#, self.an(10));
        let body = self.base64(&body).replace('=', "");
        format!("{head}.{body}.{}", self.url(43))
    }

    fn pem(&mut self, kind: &str, lines: usize, separator: &str) -> String {
        let body: Vec<String> = (0..lines).map(|_| self.b64(64)).collect();
        format!(
            "-----BEGIN {kind}-----{separator}{}{separator}-----END {kind}-----",
            body.join(separator)
        )
    }

    fn identity(&mut self) -> String {
        let body = format!(
            "3301061990{:02}{:02}{}",
            self.below(12) + 1,
            self.below(28) + 1,
            self.digits(3)
        );
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 =
            body.chars().zip(weights).map(|(c, weight)| c.to_digit(10).unwrap() * weight).sum();
        format!("{body}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
    }

    fn card(&mut self, beginning: &str, length: usize) -> String {
        let digits = format!("{beginning}{}", self.digits(length - 1 - beginning.len()));
        let sum: u32 = digits
            .chars()
            .rev()
            .enumerate()
            .map(|(index, c)| {
                let digit = c.to_digit(10).unwrap();
                if index % 2 == 0 { digit * 2 - if digit > 4 { 9 } else { 0 } } else { digit }
            })
            .sum();
        format!("{digits}{}", (10 - sum % 10) % 10)
    }

    fn address(&mut self) -> String {
        format!("10.{}.{}.{}", self.below(250) + 1, self.below(255), self.below(253) + 1)
    }
}

/// Texts with secrets.
pub fn positives(r: &mut Random) -> Vec<String> {
    let mut all = known_shapes(r);
    all.extend(more_shapes(r));
    all
}

/// The shapes of the acceptance corpus, in our own words.
fn known_shapes(r: &mut Random) -> Vec<String> {
    vec![
        format!(
            "restore failed, keys were AKIA key «AKIA{}» in ~/.aws/credentials on bk1",
            r.capitals(16)
        ),
        format!(
            "export AWS_ACCESS_KEY_ID=«ASIA{}» AWS_SESSION_TOKEN=«{}»",
            r.capitals(16),
            r.b64(120)
        ),
        format!("curl 'https://storage.googleapis.com/x?key=«AIza{}»' returned 403", r.url(35)),
        format!(
            "DefaultEndpointsProtocol=https;AccountName=drbackup;AccountKey=«{}==»;EndpointSuffix=core.windows.net",
            r.b64(86)
        ),
        format!(
            "DATABASE_URL=postgres://shop:«{}»@«pg1.prod.corp.internal»:5432/shop is what the app uses",
            r.an(14)
        ),
        format!("redis://:«{}»@«cache-01.corp.lan»:6379/0 -> NOAUTH", r.an(24)),
        format!("broker amqp://svc_orders:«{}»@«rabbit.svc.cluster.local»:5672//", r.an(12)),
        format!("is it the old one?\n«{}»\nplease check", r.pem("RSA PRIVATE KEY", 12, "\n")),
        format!("id_ed25519:\n«{}»", r.pem("OPENSSH PRIVATE KEY", 6, "\n")),
        format!("«{}»", r.pem("PGP PRIVATE KEY BLOCK", 10, "\n")),
        format!("curl -H 'Authorization: Bearer «{}»' https://api.example.net/v1/status", r.jwt()),
        format!("SLACK_TOKEN=«xoxb-{}-{}-{}»", r.digits(12), r.digits(12), r.an(24)),
        format!("git push failed with «ghp_{}»", r.an(36)),
        format!("x-access-token:«ghs_{}»@github.com", r.an(36)),
        format!(
            "//npm.corp.lan/:_authToken=«npm_{}»",
            r.of(36, "abcdefghijklmnopqrstuvwxyz0123456789")
        ),
        {
            let pair = format!("ci:{}", r.an(18));
            format!(r#"{{"auths":{{"registry.corp.lan":{{"auth":"«{}»"}}}}}}"#, r.base64(&pair))
        },
        format!("VAULT_TOKEN=«hvs.{}»", r.url(95)),
        format!("glsa: «glsa_{}_{}»", r.an(32), r.hex(8)),
        format!("key=«sk-ant-api03-{}AA»", r.url(93)),
        format!("STRIPE_KEY=«sk_live_{}»", r.an(24)),
        format!("telegram_bot_token = «{}:A{}»", r.of(9, "123456789"), r.an(34)),
        format!("SecretId: «AKID{}» SecretKey: «{}»", r.an(32), r.an(32)),
        format!("[client]\nuser=backup\npassword=«{}!»\nhost=«mysql-a.corp.internal»", r.an(15)),
        format!("mysql --user=root --password='«{} {}»' -e 'show slave status'", r.an(6), r.an(5)),
        format!("curl -u admin:«{}» https://«vcenter.corp.lan»/api", r.an(14)),
        format!("gpg --batch --passphrase «{}» -d all.tgz.gpg", r.an(18)),
        format!("export RESTIC_PASSWORD=«{}»", r.an(16)),
        format!(
            "[dr]\ntype = s3\naccess_key_id = «{}»\nsecret_access_key = «{}»",
            r.capitals(20),
            r.an(40)
        ),
        format!("ldapsearch -x -D 'cn=admin,dc=corp' -w «{}» -b dc=corp", r.an(12)),
        format!("users:\n- name: admin\n  user:\n    token: «{}»", r.jwt()),
        format!("the ipmi password is «{}», user ADMIN, please dont share", r.an(9)),
        format!("luks passphrase for vg0: «{}-{}-{}»", r.lower(5), r.lower(6), r.lower(5)),
        format!("otpauth://totp/root?secret=«{}»&issuer=aws", r.capitals(32)),
        format!("值班电话 «13{}» 张工,打不通就找 «+86 18{}»", r.digits(9), r.digits(9)),
        format!("refund to card «{}» failed in the journal", r.card("622202", 16)),
        "primary «10.31.4.8», standby «172.20.9.3», nas «192.168.31.200»".to_owned(),
        format!(
            "Cookie: sessionid=«{}»; csrftoken=x",
            r.of(32, "abcdefghijklmnopqrstuvwxyz0123456789")
        ),
        format!("db:\n  user: app\n  passwd: \"«{}#{}»\"", r.an(8), r.an(6)),
    ]
}

/// What else is pasted in an incident.
fn more_shapes(r: &mut Random) -> Vec<String> {
    let pw = |r: &mut Random| r.password();
    let mut all = vec![
        // command lines
        format!("$ mysql -h 127.0.0.1 -uroot -p«{}» shop < dump.sql", pw(r)),
        format!("mysqldump -u backup '-p«{}»' --all-databases | gzip > all.sql.gz", pw(r)),
        format!("PGPASSWORD=«{}» pg_dump -h localhost shop", pw(r)),
        format!("PGPASSWORD='«{} {}»' psql -c 'select 1'", r.an(5), r.an(6)),
        format!("sshpass -p «{}» ssh root@bk1 uptime", pw(r)),
        format!("sshpass -p'«{}»' scp a root@bk1:/x", pw(r)),
        format!("redis-cli -h 127.0.0.1 -a «{}» INFO replication", r.an(20)),
        format!("ipmitool -I lanplus -H bmc7 -U ADMIN -P «{}» chassis power status", r.an(10)),
        format!("ldapmodify -D cn=root -w'«{}»' -f x.ldif", pw(r)),
        format!("smbclient //nas/share -U backup%«{}» -c ls", r.an(12)),
        format!("mount -t cifs //nas/b /mnt -o username=bk,password=«{}»,vers=3.0", r.an(12)),
        format!("net use Z: \\\\nas\\backup «{}» /user:CORP\\backup", pw(r)),
        format!("7z x -p«{}» all.7z", r.an(14)),
        format!("unzip -P «{}» a.zip", r.an(9)),
        format!("openssl enc -d -aes-256-cbc -pass pass:«{}» -in a -out b", r.an(16)),
        format!("docker login -u ci -p «{}» registry.example.com", r.an(16)),
        format!("kubectl create secret generic pg --from-literal=pw=«{}»", r.an(12)),
        format!(
            "mongodump --uri 'mongodb://dump:«{}»@«mongo-0.db.internal»:27017,«mongo-1.db.internal»:27017/?replicaSet=rs0'",
            r.an(13)
        ),
        format!(
            "curl -s -H \"X-Vault-Token: «hvs.{}»\" http://127.0.0.1:8200/v1/sys/seal-status",
            r.url(24)
        ),
        format!("curl -H 'PRIVATE-TOKEN: «{}»' https://gitlab.com/api/v4/projects", r.an(20)),
        format!("curl -H 'Authorization: Basic «{}»' http://localhost:9200", {
            let pair = format!("elastic:{}", r.an(14));
            r.base64(&pair)
        }),
        format!("wget --user=bk --password=«{}» http://localhost/a.tgz", pw(r)),
        format!("sqlcmd -S . -U sa -P «{}» -Q 'select 1'", pw(r)),
        format!("sqlplus system/«{}»@ORCL as sysdba", r.an(10)),
        format!("rman target sys/«{}»@prod catalog rman/«{}»@cat", r.an(9), r.an(11)),
        format!("htpasswd -b /etc/nginx/.htpasswd ops «{}»", r.an(11)),
        format!("echo 'root:«{}»' | chpasswd", r.an(12)),
        format!("rabbitmqctl change_password app «{}»", r.an(12)),
        format!("snmpwalk -v2c -c «{}» sw1 1.3.6.1", r.an(9)),
        format!("borg list: BORG_PASSPHRASE=\"«{} {}»\" borg list", r.lower(6), r.an(8)),
        format!("duplicity with PASSPHRASE=«{}» set", r.an(15)),
        format!("vault operator unseal «{}»", r.b64(44)),
        format!("aws configure set aws_secret_access_key «{}»", r.an(40)),
        format!("mc alias set dr https://minio.example.com «{}» «{}»", r.an(20), r.an(40)),
        format!("keytool -list -storepass «{}» -keystore k.jks", r.an(10)),
        format!("xfreerdp /v:win1 /u:adm /p:«{}»", pw(r)),
        format!("ansible-playbook dr.yml -e 'ansible_become_password=«{}» x=1'", r.an(11)),
        format!("cqlsh -u cassandra -p «{}» 127.0.0.1", r.an(10)),
        format!("PASS=\"«{}\"'{}»' ./restore.sh", r.an(6), r.an(5)),
        // configuration
        format!("machine «git.corp.lan» login ci password «{}»", r.an(16)),
        format!("machine api.example.com\n  login ci\n  password «{}»", r.lower(12)),
        format!("«pg2.acme.internal»:5432:*:replicator:«{}»", r.an(14)),
        format!("*:*:*:postgres:«{}»", pw(r)),
        format!("https://ci:«{}»@git.example.com", r.an(20)),
        format!(
            "[default]\naccess_key = «{}»\nsecret_key = «{}»\nhost_base = s3.example.com",
            r.an(20),
            r.an(40)
        ),
        format!("[remote]\ntype = sftp\nhost = «nas.corp.lan»\nuser = bk\npass = «{}»", r.url(38)),
        format!(
            "repo1-cipher-pass=«{}»\nrepo1-s3-key=«{}»\nrepo1-s3-key-secret=«{}»",
            r.b64(48),
            r.capitals(20),
            r.an(40)
        ),
        format!("WALG_LIBSODIUM_KEY: «{}»", r.b64(44)),
        format!(
            "primary_conninfo = 'host=«pg-prim.corp.internal» port=5432 user=repl password=«{}» sslmode=prefer'",
            r.an(15)
        ),
        format!(
            "Server=«sql1.corp.local»,1433;Database=shop;User Id=sa;Password=«{}»;Encrypt=true",
            r.an(13)
        ),
        format!(
            "Driver={{ODBC Driver 18}};Server=tcp:«sql1.corp.lan»;Uid=sa;Pwd=«{{{}}}»;",
            r.an(10)
        ),
        format!(
            "jdbc:mysql://«db.acme.corp»:3306/shop?user=app&password=«{}»&useSSL=true",
            r.an(12)
        ),
        format!("spring.datasource.password=«{}»", pw(r)),
        format!("<add key=\"DbPassword\" value=\"«{}»\"/>", r.an(12)),
        format!("<password>«{}»</password>", r.an(12)),
        format!(r#"{{"db":{{"user":"app","password":"«{}»","port":5432}}}}"#, r.password()),
        format!(r#""Env": ["PATH=/usr/bin", "POSTGRES_PASSWORD=«{}»", "LANG=C"]"#, r.an(16)),
        format!("- name: DB_PASSWORD\n  value: «{}»", r.an(14)),
        format!(r#"{{"name":"API_TOKEN","value":"«{}»"}}"#, r.an(22)),
        format!(r#""master_password": "«{}»", "master_username": "root""#, r.an(16)),
        format!("{{\\\"user\\\":\\\"a\\\",\\\"password\\\":\\\"«{}»\\\"}}", r.an(12)),
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: pg\ndata:\n  username: «{}»\n  uri: «{}»\ntype: Opaque",
            {
                let t = r.an(9);
                r.base64(&t)
            },
            {
                let t = r.an(30);
                r.base64(&t)
            }
        ),
        format!("apiVersion: v1\nstringData:\n  conf: |\n    «hush {}»\nkind: Secret", r.an(9)),
        format!(
            r#"{{"apiVersion":"v1","kind":"Secret","data":{{"a":"«{}»","b":"«{}»"}}}}"#,
            r.b64(20),
            r.b64(28)
        ),
        format!("tls.key: «{}»", {
            let pem = r.pem("PRIVATE KEY", 3, "\n");
            r.base64(&pem)
        }),
        format!("\"private_key\": \"«{}»\\n\",", r.pem("PRIVATE KEY", 8, "\\n")),
        format!("key file was cut: «-----BEGIN EC PRIVATE KEY-----\n{}\n{}»", r.b64(64), r.b64(40)),
        format!("$ANSIBLE_VAULT;1.1;AES256\n«{}\n{}»", r.hex(80), r.hex(60)),
        format!("root:«$6${}${}»:19700:0:99999:7:::", r.an(8), r.an(86)),
        format!("ops:«$apr1${}${}»", r.an(8), r.an(22)),
        format!("ops:«$2y$10${}»", r.an(53)),
        format!("userPassword: «{{SSHA}}{}»", r.b64(32)),
        format!("\"app\" \"«md5{}»\"", r.hex(32)),
        format!("app | «SCRAM-SHA-256$4096:{}==${}=:{}=»", r.b64(22), r.b64(43), r.b64(43)),
        format!("requirepass «{}»\nmasterauth «{}»", r.an(20), r.an(20)),
        format!("snmp-server community «{}» RO", r.an(10)),
        format!("rocommunity «{}» default", r.an(10)),
        format!("username admin privilege 15 secret 9 «$9${}${}»", r.an(14), r.an(43)),
        format!("smtp_password: \"«{}»\"\nsmtp_host: localhost", pw(r)),
        format!("ssid=\"ops\"\npsk=\"«{}»\"", r.an(12)),
        format!("PrivateKey = «{}=»\nPresharedKey = «{}=»", r.b64(43), r.b64(43)),
        format!("CREATE USER app IDENTIFIED BY '«{}»';", pw(r)),
        format!("ALTER ROLE app WITH PASSWORD '«{}»';", r.an(13)),
        format!("CHANGE MASTER TO MASTER_HOST='«db9.corp.lan»', MASTER_PASSWORD='«{}»';", r.an(13)),
        format!("SET PASSWORD FOR 'root'@'localhost' = PASSWORD('«{}»');", r.an(13)),
        format!("bindpw «{}»\nrootpw {}", r.password(), "{{ x }}").replace("bindpw ", "bindpw: "),
        format!("credentials: {{ token: «{}» }}", r.an(32)),
        format!("| host | password |\n| password | «{}» |", r.password()),
        format!("echo -n '«{}»' | cryptsetup luksOpen /dev/sdb1 x", r.password()),
        format!("echo «{}» | sudo -S reboot", r.an(9)),
        format!("default login root/«{}{}» on the BMC", r.lower(6), r.digits(2)),
        format!("db.auth(\"admin\", \"«{}»\")", r.an(10)),
        format!("pass phrase: «{}»", r.an(12)),
        format!("kubeadm join --token «{}.{}»", r.hex(6), r.hex(16)),
        format!("https://«{}»@o1.ingest.sentry.io/1", r.hex(32)),
        format!("管理口密码 «{}»，IP «{}»", r.an(9), r.address()),
        format!("口令是「«春眠不觉晓 {}»」", r.an(3)),
        format!("Authorization: Bearer «{}»", r.lower(24)),
        // tokens
        format!("glpat in the log: «glpat-{}»", r.url(20)),
        format!("pypi: «pypi-AgEIcHlwaS5vcmc{}»", r.url(70)),
        format!("OPENAI_API_KEY=«sk-proj-{}»", r.url(60)),
        format!("SENDGRID «SG.{}.{}»", r.url(22), r.url(43)),
        format!("twilio «SK{}» was used", r.hex(32)),
        format!("DO token «dop_v1_{}»", r.hex(64)),
        format!(
            "https://hooks.slack.com/services/«T{}/B{}/{}»",
            r.capitals(9),
            r.capitals(9),
            r.an(24)
        ),
        format!("https://oapi.dingtalk.com/robot/send?access_token=«{}»", r.hex(64)),
        format!(
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=«{}-{}-{}-{}-{}»",
            r.hex(8),
            r.hex(4),
            r.hex(4),
            r.hex(4),
            r.hex(12)
        ),
        format!(
            "https://api.telegram.org/bot«{}:AA{}»/sendMessage",
            r.of(10, "123456789"),
            r.url(33)
        ),
        format!("ALIYUN «LTAI{}» / «{}» expired secret", r.an(20), r.an(30)),
        format!("https://drbackup.blob.core.windows.net/x?sv=2023&sig=«{}%3D»&se=2027", r.an(43)),
        format!(
            "https://b.s3.amazonaws.com/k?X-Amz-Credential=«AKIA{}»%2F20260101&X-Amz-Signature=«{}»",
            r.capitals(16),
            r.hex(64)
        ),
        format!("azure client secret «{}8Q~{}»", r.an(3), r.an(34)),
        format!("age key «AGE-SECRET-KEY-1{}»", r.of(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")),
        format!("Set-Cookie: JSESSIONID=«{}»; Path=/; HttpOnly", r.hex(32)),
        format!("csv row: «AKIA{}»,«{}»", r.capitals(16), r.b64(40).replace(['+', '/'], "a")),
        format!("leaked in bash_history, secret «{}» rotate it", r.an(28)),
        format!("curl 'http://127.0.0.1/a?user=x&password%3D«{}»%26y'", r.an(10)),
        format!(".dockerconfigjson: «{}»", {
            let inner =
                format!(r#"{{"auths":{{"r":{{"username":"ci","password":"{}"}}}}}}"#, r.an(12));
            r.base64(&inner)
        }),
        // prose
        format!("密码是 {}", format_args!("«{}»", r.password())),
        format!("root密码：«{}»，别外传", r.an(10)),
        format!("数据库口令为「«{}»」，请尽快修改", r.an(9)),
        format!("新密码已经改成了 «{}» 。", pw(r)),
        format!("密码「«{}»」", r.an(8)),
        format!("ｐａｓｓｗｏｒｄ：«{}»", r.an(10)),
        format!("账号 admin 密码 «{}{}» 登录", r.lower(5), r.digits(3)),
        format!("授权码：«{}»", r.an(16)),
        format!("the root password for db1 is now \"«{}»\"", r.lower(9)),
        format!("I changed the password to «{}» last night", pw(r)),
        format!("pw: «{}»", r.an(8)),
        format!("Passwort: «{}»", r.an(9)),
        format!("la contraseña es «{}»", r.an(9)),
        format!("mot de passe : «{}»", r.an(9)),
        format!("пароль: «{}»", r.an(9)),
        format!("passphrase: «correct horse battery {}»", r.lower(6)),
        format!("the old password «{}2-Xq9» does not work any more", r.lower(6)),
        format!("./load --token «{}2-Xq9»", r.lower(6)),
        format!("we tried pw «{}2-Xq9» twice", r.lower(6)),
        format!("password:\n  «{}2-Xq9»\n", r.lower(6)),
        format!("mount -t cifs //bk:«{}»@«nas7»/share /mnt", r.an(10)),
        format!("aws s3 cp s3://«acme-{}»/pg/base.tar .", r.lower(6)),
        // hidden
        format!("pass\u{200b}word=«{}\u{200b}{}»", r.an(6), r.an(6)),
        format!("\u{1b}[31mpassword\u{1b}[0m: «{}»", r.an(12)),
        format!("password=«{}»\r\nuser=x\r\n", r.an(12)),
        format!("pаssword: «{}»", r.an(12)),
        format!("ghp_\u{200d}«{}»", r.an(36)).replace("ghp_\u{200d}«", "«ghp_\u{200d}"),
        // people and machines
        format!("身份证 «{}» 已登记", r.identity()),
        format!("身份证号:{}", format_args!("«{}»", r.identity())),
        format!("call me at «+49 170 {} {}»", r.digits(4), r.digits(3)),
        format!("座机 «010-6{}»", r.digits(7)),
        format!("手机:«138-{}-{}»", r.digits(4), r.digits(4)),
        "write to «ana.lindqvist@acme.de» or «ops@corp.internal»".to_owned(),
        format!("card «{}» declined", r.card("4", 16)),
        {
            let card = r.card("5425", 16);
            format!("card «{} {} {} {}»", &card[..4], &card[4..8], &card[8..12], &card[12..])
        },
        format!("IBAN «DE89370400440532013000» and {}", "nothing else"),
        format!("replica «{}:5432» lost", r.address()).replace(":5432»", "»:5432"),
        format!("IP «{}».5432 > «{}».443: Flags [S]", r.address(), r.address()),
        format!("listen on [«fd12:3456:{}::{}»]:8443", r.hex(4), r.hex(2)),
        "egress «51.15.203.77» and «2a01:4f8:c17:b0f::2» are blocked".to_owned(),
        format!("http://«grafana01»:3000/d/abc and ssh «bk{}.corp.lan»", r.below(9)),
        "Nov 21 14:03:12 sshd[99]: Accepted publickey for root from «10.9.8.7» port 51234"
            .to_owned(),
        "wal-g: PGHOST=«pg-7.acme.intra» failed".to_owned(),
        "acct «acme-prod.blob.core.windows.net» is at https://«acme-prod.blob.core.windows.net»/x"
            .replace("acct «acme-prod.blob.core.windows.net» is at ", ""),
        "https://«dash.acme.io»/status is down".to_owned(),
    ];
    // Each vendor's token in a sentence, in quotes, behind an equals sign.
    for (prefix, body) in [
        ("gho_", r.an(36)),
        ("xoxp-", format!("{}-{}-{}", r.digits(12), r.digits(12), r.hex(32))),
        ("rk_live_", r.an(24)),
        ("hvb.", r.url(90)),
        ("NRAK-", r.of(27, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")),
        ("dckr_pat_", r.url(27)),
        ("hf_", r.an(34)),
        ("gsk_", r.an(52)),
    ] {
        all.push(format!("the log shows «{prefix}{body}» twice"));
        all.push(format!("x: \"«{prefix}{body}»\","));
        all.push(format!("THING=«{prefix}{body}»"));
    }
    all
}

/// Texts that hold nothing private.
pub fn negatives(r: &mut Random) -> Vec<String> {
    vec![
        // the acceptance corpus' look-alikes
        format!("deployed {} at 13:58", r.hex(40)),
        format!("volume {}-{}-{}-{}-{} is detached", r.hex(8), r.hex(4), r.hex(4), r.hex(4), r.hex(12)),
        format!("sha256 {}  base.tar", r.hex(64)),
        format!("postgres@sha256:{}", r.hex(64)),
        "dig @8.8.8.8 and @1.1.1.1 both fail".into(),
        "bind 0.0.0.0:2379".into(),
        "write to admin@example.com as in the manual".into(),
        format!("restart_lsn 16/{}, checkpoint at 3A/FF000028", r.hex(8).to_uppercase()),
        "executed_gtid_set 3E11FA47-71CA-11E1-9E33-C80AA9429562:1-57231".into(),
        "PostgreSQL 15.7 (Debian 15.7-0+deb12u1) on x86_64-pc-linux-gnu".into(),
        "2026-03-02T14:03:12.123456789Z".into(),
        "used 322122547200 of 429496729600 bytes".into(),
        format!("member {} is unhealthy", r.hex(16)),
        format!("/dev/disk/by-id/wwn-0x{}", r.hex(16)),
        "md UUID : 3aaa0122:29827cfa:5331ad66:ca767371".into(),
        "PGPASSWORD=<your password> pg_dump shop".into(),
        "aws_secret_access_key = xxxxxxxxxxxxxxxxxxxx".into(),
        "raft term 42, token bucket 500/s, secret name pg-credentials".into(),
        format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{} ops@example", r.b64(43)),
        format!("SHA256:{} (ED25519)", r.b64(43)),
        "key 0x9A2B3C4D5E6F7081 signed the release".into(),
        "column oid 16384, relfilenode 24601".into(),
        "客服热线 400-820-8820 和 10086 都占线".into(),
        "ports 22, 443, 5432, 6379, 2379 open".into(),
        "systemd unit restarted 37 times in 10min, code=exited, status=137".into(),
        // hashes, ids, numbers
        format!("md5sum: {}  dump.sql", r.hex(32)),
        format!("{}  ./base/16384/2619", r.hex(32)),
        format!("sha512-{}== integrity of the package", r.b64(86)),
        format!("ETag: \"{}-12\"", r.hex(32)),
        format!("x-amz-request-id: {}", r.capitals(16)),
        format!("restic snapshot {} saved", r.hex(8)),
        format!("WAL file 00000001000000{}000000{} archived", r.hex(2).to_uppercase(), r.hex(2).to_uppercase()),
        format!("container {} exited (137)", r.hex(12)),
        format!("ObjectId(\"{}\") not found", r.hex(24)),
        "order 202611210012345678 was charged twice".into(),
        "订单号 20261121001234567 未支付，流水号 17000000001".into(),
        "size 17179869184 bytes, 4398046511104 of 8796093022208 used".into(),
        "innodb_buffer_pool_size=17179869184".into(),
        "end_log_pos 13912345678, Exec_Master_Log_Pos: 15912345678".into(),
        format!("took {} ms, offset {}", r.below(100_000), r.below(1 << 40)),
        "epoch 1763733792123 and 1763733792".into(),
        "slot 0000:3b:00.0, mac 52:54:00:12:34:56".into(),
        "WWN 50:00:09:73:00:18:95:19 logged in".into(),
        "Oracle 19.3.0.0.0 and version 10.2.0.4 with patch 12.2.0.1.220118".into(),
        "openjdk 11.0.22.7 / kernel 6.1.0-18-amd64 / chrome 120.0.6099.109".into(),
        "oid 1.3.6.1.4.1.2021.10.1.3.1".into(),
        "documentation uses 192.0.2.10, 198.51.100.7, 203.0.113.5 and 2001:db8::1".into(),
        "listen ::1 and [::]:9090, mask 255.255.255.0, loopback 127.0.0.1:5432".into(),
        "resolvers 9.9.9.9, 223.5.5.5, 114.114.114.114, 119.29.29.29, 2001:4860:4860::8888".into(),
        "metadata at 169.254.169.254, networks 10.0.0.0/8 and 192.168.0.0/16".into(),
        "std::collections::HashMap at src/main.rs:10:5, a::b::c".into(),
        "14:03:12 up 37 days, 12:01:09, load 0.10 0.20 0.30".into(),
        "nvme0n1p3 253:0 0 1.8T 0 disk 8:16".into(),
        "@@ -12,7 +12,9 @@ fn main +0800".into(),
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 (HEAD -> main, origin/main)".into(),
        format!("refs/heads/feature/{}-fix-restore v2.31.1-3-g{}", r.below(999), r.hex(7)),
        format!("image registry.k8s.io/etcd:3.5.12-0 digest sha256:{}", r.hex(64)),
        format!("pod web-7d9f8b6c5d-x2x4z restarted, job backup-{}", r.below(99_999_999)),
        format!("fingerprint: {}", r.hex(40).to_uppercase()),
        format!("MD5:{} root@example (RSA)", (0..16).map(|_| r.hex(2)).collect::<Vec<_>>().join(":")),
        format!("-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----", r.b64(64), r.b64(64)),
        format!("-----BEGIN CERTIFICATE-----\n{}\n{}\n-----END CERTIFICATE-----", r.b64(64), r.b64(64)),
        format!("certificate-authority-data: {}", { let pem = r.pem("CERTIFICATE", 4, "\n"); r.base64(&pem) }),
        format!("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{} root@example", r.b64(300)),
        format!("echo {} | base64 -d", r.base64("Hello, this is a test file without anything in it.\n")),
        format!("config: {}", r.base64("max_connections = 100\nshared_buffers = 4GB\nwal_level = replica\n")),
        "systemd invocation 3e8b1a4c5d6f4a0b9c8d7e6f5a4b3c2d".into(),
        format!("cluster id {} formed", r.an(22)),
        format!("trace id {} span {}", r.hex(32), r.hex(16)),
        // words about secrets
        "FATAL:  password authentication failed for user \"postgres\"".into(),
        "Access denied for user 'root'@'localhost' (using password: YES)".into(),
        "Enter password: ".into(),
        "password=\nuser=backup".into(),
        "password: \"\"".into(),
        "password: ********".into(),
        "RESTIC_PASSWORD=${RESTIC_PASSWORD} restic snapshots".into(),
        "mysqldump -p\"$MYSQL_PWD\" shop; mysql -u root -p shop".into(),
        "export PGPASSWORD=$(cat /run/secrets/pg)".into(),
        "password_file=/etc/pgbackrest/pw, PGPASSFILE=/root/.pgpass".into(),
        "password_encryption = scram-sha-256".into(),
        "RESTIC_PASSWORD_FILE=/etc/restic/password".into(),
        "password = \"{{ vault_db_password }}\"".into(),
        "passwd: {{ lookup('env', 'PW') }}".into(),
        "db_password = var.db_password".into(),
        "secretKeyRef: {name: pg-credentials, key: password}".into(),
        "secretName: wildcard-tls".into(),
        "the password is not set, the token is expired and the secret is missing".into(),
        "the password is stored in the vault, ask the owner".into(),
        "password expired 3 days ago, please change it".into(),
        "token: expired".into(),
        "max_tokens: 4096, tokens per second: 50".into(),
        "author: ana, authored 3 commits, authentication ok".into(),
        "PWD=/root OLDPWD=/var/lib/postgresql HOME=/root".into(),
        "password [REDACTED], token <hidden>, secret ***".into(),
        "postgres://user:password@host/db is the format; redis://localhost:6379/0".into(),
        "postgresql://${PGUSER}:${PGPASSWORD}@localhost/shop".into(),
        "see https://www.postgresql.org/docs/15/continuous-archiving.html and https://github.com/restic/restic/issues/1234".into(),
        "curl -fsS https://s3.eu-west-1.amazonaws.com/ -o /dev/null".into(),
        "primary key, foreign key (order_id), public key, key_len 8, keyspace hits".into(),
        "sort key: created_at; partition key = tenant".into(),
        "ssh -p 2222 root@bk1; docker run -p 8080:80 nginx; psql -p 5432 -w".into(),
        "mkdir -p /backup/2026; cp -a /a /b; tar -czpf x.tgz /srv; nc -w 3 bk1 22".into(),
        "密码错误，请重试；密码已过期；密码长度至少 8 位".into(),
        "密码在保险柜里，找值班经理".into(),
        "密码认证失败 (用户 postgres)".into(),
        "口令见 /etc/backup/README".into(),
        "热线 95588、110、12345，内线 8021".into(),
        "getty@tty1.service, postgresql@15-main.service, wg-quick@wg0.service".into(),
        "/etc/rc.local and settings.local.yaml and /etc/named.conf.local".into(),
        "com.sun.internal.Foo at org.acme.internal.Bar(Bar.java:12)".into(),
        "root:x:0:0:root:/root:/bin/bash\npostgres:x:114:120::/var/lib/postgresql:/bin/bash".into(),
        "main.c:120:5:error:expected".into(),
        "sk-learn and sk-SK locale, AC power, SK hynix, re_start, s.name".into(),
        "AbstractAutowireCapableBeanFactoryPostProcessorRegistrationDelegate failed".into(),
        "/var/lib/docker/overlay2/3f2a9c0d1be47785aa01f6e2d4c9b8a7/merged/usr/share/Java8".into(),
        "/nix/store/0c9vd2z2j7k3q4hb6z8v7mrwxyl5a1ib-glibc-2.38".into(),
        "libstdc++.so.6(_ZNSt6thread11_State_implINS_8_InvokerISt5tupleIJEEEEE6_M_runEv+0x31)".into(),
        "pg_basebackup -h localhost -U replicator -D /var/lib/postgresql/15/main -X stream -P".into(),
        "TLS_AES_256_GCM_SHA384 ECDHE-RSA-AES128-GCM-SHA256 TLSv1.3".into(),
        "ip 10.0.0.0/8 is the private block".into(),
        "cookie policy accepted; session 42 closed; authorization failed: token missing".into(),
        "kubernetes.default.svc.cluster.local resolves, localhost.localdomain too".into(),
        "2026-11-21 14:03:12.123 UTC [12345] LOG:  checkpoint complete: wrote 123456 buffers (7.5%)".into(),
        "xid 4012345678 age 2000000000, snapshot 00000003-0000001B-1".into(),
        "pgbackrest: INFO: --repo1-cipher-type=aes-256-cbc; cipher AES-256-GCM, key-direction 1".into(),
        "read -s -p \"Password: \" PW; export PGPASSWORD=\"$PW\"".into(),
        "user=backup password= host=localhost dbname=shop".into(),
        "New password: BAD PASSWORD: The password is shorter than 8 characters".into(),
        "password: !vault |".into(),
        "api_key: YOUR_API_KEY, token: {{ .Values.token }}".into(),
        "if [ -z \"$DB_PASSWORD\" ]; then echo \"DB_PASSWORD is not set\"; fi".into(),
        "pam_unix(sshd:auth): authentication failure; rhost=192.0.2.7 user=root".into(),
        "inet6 fe80::1 scope link, ether 52:54:00:aa:bb:cc".into(),
        "MySQL keyspace db0:keys=1234567,expires=123; Handler_read_key: 1234".into(),
        "x-amz-id-2: eftixk72aD6Ap51TnqcoF8eFidJG9Z/2mkiDFu8yU9AS1ed4OpIszj7UDNEHGran".into(),
        "lvs UUID a1B2c3-D4e5-F6g7-H8i9-J0k1-L2m3-N4o5P6".into(),
        "Bearer token missing; WWW-Authenticate: Bearer realm=\"registry\"".into(),
        "password for user postgres: ".into(),
        "secret/data/prod/pg is the path, rotate the credentials".into(),
        "serial 15912345678, ticket 13800138000, inode 13912345678".into(),
    ]
}
