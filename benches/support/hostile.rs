//! Texts that grow without end in one way each: what is read of them must take time in proportion to their length.

use blackstart::check::Language;

/// One way to grow.
pub struct Shape {
    /// What it is called.
    pub name: &'static str,
    /// Its language.
    pub language: Language,
    /// The size that is measured, and twice that size.
    pub size: usize,
    /// Makes the text of a size.
    pub make: fn(usize) -> String,
}

const fn shape(
    name: &'static str,
    language: Language,
    size: usize,
    make: fn(usize) -> String,
) -> Shape {
    Shape { name, language, size, make }
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

fn script(count: usize, line: impl Fn(usize) -> String) -> String {
    format!("#!/bin/bash\nset -euo pipefail\n{}", lines(count, line))
}

/// A text that is nested that deep: what opens, what stands inside, what closes.
fn deep(open: &str, inside: &str, close: &str, depth: usize) -> String {
    format!("{}{inside}{}\n", open.repeat(depth), close.repeat(depth))
}

/// Every shape.
pub const SHAPES: &[Shape] = &[
    // Many of one thing.
    shape("clients of files", Language::Bash, 2_000, |n| {
        script(n, |i| format!("psql -f /x{i}.sql\n"))
    }),
    shape("clients of files that were written", Language::Bash, 2_000, |n| {
        script(n / 2, |i| format!("echo 'drop table a{i};' > /x{i}.sql\npsql -f /x{i}.sql\n"))
    }),
    shape("tests and assignments", Language::Bash, 2_000, |n| {
        script(n, |i| format!("if [ -z \"$A{i}\" ]; then B{i}=1; fi\n"))
    }),
    shape("endless loops", Language::Bash, 2_000, |n| {
        script(n, |_| "while true; do pg_dump x > /b/x; sleep 1; done\n".into())
    }),
    shape("dumps whose exit code is read", Language::Bash, 2_000, |n| {
        lines(n, |i| format!("pg_dump x{i} > /b/x{i}\nif [ $? -ne 0 ]; then exit 1; fi\n"))
    }),
    shape("dumps whose exit code is read late", Language::Bash, 2_000, |n| {
        format!(
            "{}{}",
            lines(n, |i| format!("pg_dump x{i} > /b/x{i}\n")),
            lines(n, |_| "echo $?\n".into())
        )
    }),
    shape("functions", Language::Bash, 5_000, |n| {
        script(n, |i| format!("f{i}() {{ rm -rf \"$1/x{i}\"; }}\nf{i} /srv\n"))
    }),
    shape("functions that call the one before", Language::Bash, 5_000, |n| {
        script(n, |i| format!("f{i}() {{ f{} a; }}\n", i.saturating_sub(1)))
    }),
    shape("aliases", Language::Bash, 5_000, |n| {
        script(n, |i| format!("alias a{i}='ls -l /x{i}'\na{i} b\n"))
    }),
    shape("here-documents", Language::Bash, 5_000, |n| {
        script(n, |i| format!("cat > /srv/x{i} <<E{i}\na $b{i}\nE{i}\n"))
    }),
    shape("here-documents that are run", Language::Bash, 2_000, |n| {
        script(n, |i| format!("bash <<E\nrm -rf /x{i}\nE\n"))
    }),
    shape("scripts that are written and run", Language::Bash, 1_000, |n| {
        script(n, |i| format!("echo 'rm -rf /y' > /tmp/s{i}.sh\nbash /tmp/s{i}.sh\n"))
    }),
    shape("quoted scripts", Language::Bash, 2_000, |n| {
        script(n, |i| format!("ssh h{i} \"rm -rf /x{i}; tar -xf a{i}\"\n"))
    }),
    shape("pipelines", Language::Bash, 2_000, |n| {
        script(n, |i| format!("pg_dump d{i} | gzip -c | tee /b/d{i} | ssh h cat\n"))
    }),
    shape("one long pipeline", Language::Bash, 300, |n| {
        format!("cat a {}\n", "| tr a b ".repeat(n))
    }),
    shape("one long list", Language::Bash, 2_000, |n| format!("true {}\n", "&& rm a ".repeat(n))),
    shape("one long line", Language::Bash, 40_000, |n| "rm a; ".repeat(n)),
    shape("one command of many words", Language::Bash, 50_000, |n| {
        format!("rm -rf {}\n", lines(n, |i| format!("/x{i} ")))
    }),
    shape("one word", Language::Bash, 400_000, |n| format!("rm {}\n", "a".repeat(n))),
    shape("one word in pieces", Language::Bash, 20_000, |n| {
        format!("rm {}\n", "\"$a\"'b'".repeat(n))
    }),
    shape("a variable that grows", Language::Bash, 3_000, |n| {
        script(n, |i| format!("A=\"$A x{i}\"\nrm $A\n"))
    }),
    shape("an array that grows", Language::Bash, 3_000, |n| {
        script(n, |i| format!("A+=(x{i})\nrm \"${{A[@]}}\"\n"))
    }),
    shape("a file that grows", Language::Bash, 3_000, |n| {
        script(n, |i| format!("echo 'ls {i}' >> /x\n"))
    }),
    shape("arms of a case", Language::Bash, 5_000, |n| {
        format!("case $1 in\n{}esac\n", lines(n, |i| format!("a{i}) B{i}=1; rm /x{i} ;;\n")))
    }),
    shape("branches", Language::Bash, 3_000, |n| {
        format!("if a; then b; {} fi\n", lines(n, |i| format!("elif c{i}; then D{i}=1;\n")))
    }),
    shape("loops", Language::Bash, 3_000, |n| {
        script(n, |i| format!("for f in /x{i}/*; do B{i}=$f; rm -f \"$f\"; done\n"))
    }),
    shape("loops that read", Language::Bash, 3_000, |n| {
        script(n, |i| format!("while read -r l; do ssh h{i} rm \"$l\"; done < /x{i}\n"))
    }),
    shape("directories", Language::Bash, 5_000, |n| {
        script(n, |i| format!("mkdir /srv/d{i}\ncd /srv/d{i}\nrm -rf x\n"))
    }),
    shape("temporary directories", Language::Bash, 3_000, |n| {
        script(n, |i| format!("T{i}=$(mktemp -d)\nrm -rf \"$T{i}\"\n"))
    }),
    shape("traps", Language::Bash, 3_000, |n| script(n, |i| format!("trap 'rm -f /x{i}' EXIT\n"))),
    shape("copies and deletions", Language::Bash, 2_000, |n| {
        script(n, |i| {
            format!(
                "pg_dump d{i} > /b/d{i}\nrsync -a --delete /b/ h{i}:/b/\nfind /b -mtime +7 -delete\n"
            )
        })
    }),
    shape("archives", Language::Bash, 2_000, |n| {
        script(n, |i| format!("tar -czf /b/a{i}.tgz /srv/a{i}\nrm -rf /srv/a{i}\n"))
    }),
    shape("restores", Language::Bash, 2_000, |n| {
        script(n, |i| {
            format!(
                "systemctl stop a{i}\ntar -xzf /b/a{i}.tgz -C /srv/a{i}\nsystemctl start a{i}\n"
            )
        })
    }),
    shape("statements for a client", Language::Bash, 2_000, |n| {
        script(n, |i| format!("mysql -e 'delete from t{i} where a = {i}; drop table u{i}'\n"))
    }),
    shape("SQL in a here-document", Language::Bash, 10_000, |n| {
        format!("psql <<E\n{}E\n", lines(n, |i| format!("delete from t{i};\n")))
    }),
    shape("downloads", Language::Bash, 2_000, |n| {
        script(n, |i| format!("curl -fsSL https://h{i}/x -o /tmp/x{i}\nbash /tmp/x{i}\n"))
    }),
    shape("unknown commands", Language::Bash, 5_000, |n| script(n, |i| format!("our_tool{i} a\n"))),
    shape("placeholders", Language::Bash, 3_000, |n| {
        script(n, |i| format!("if [ x = y ]; then cp /path/to/a{i} <HOST{i}>; fi\n"))
    }),
    shape("quoted placeholders", Language::Bash, 3_000, |n| {
        script(n, |i| format!("if [ x = y ]; then cp '/path/to/a{i}' '<HOST{i}>'; fi\n"))
    }),
    shape("secrets", Language::Bash, 3_000, |n| {
        script(n, |i| format!("export PGPASSWORD=geheim{i}\nmysql -pgeheim{i} -e 'select 1'\n"))
    }),
    shape("comments", Language::Bash, 20_000, |n| script(n, |i| format!("# rm -rf /x{i}\n"))),
    shape("comments that allow", Language::Bash, 2_000, |n| {
        script(n, |i| {
            format!(
                "# blackstart: allow SH003 until 2027-03-01 because it is so\nrm -rf \"$D{i}\"/*\n"
            )
        })
    }),
    shape("comments that allow, in a plan of commands", Language::Markdown, 500, |n| {
        lines(n, |i| {
            format!(
                "<!-- blackstart: allow SH003 until 2027-03-01 because it is so -->\n```bash\nrm -rf \"$D{i}\"/*\n```\n"
            )
        })
    }),
    shape("empty lines", Language::Bash, 200_000, |n| "\n".repeat(n)),
    shape("broken quotes", Language::Bash, 5_000, |n| script(n, |i| format!("echo 'a{i}\n"))),
    shape("broken braces", Language::Bash, 3_000, |n| {
        script(n, |i| format!("f{i}() {{ a '}}'}} b; }}\n"))
    }),
    shape("broken ends", Language::Bash, 3_000, |n| script(n, |_| "fi; done; esac; }\n".into())),
    shape("SQL statements", Language::Sql, 20_000, |n| {
        lines(n, |i| format!("insert into t{i} values ({i}, 'a''b');\ndelete from t{i};\n"))
    }),
    shape("SQL transactions", Language::Sql, 10_000, |n| {
        lines(n, |i| format!("begin;\nupdate t{i} set a = 1;\n"))
    }),
    shape("one SQL statement", Language::Sql, 50_000, |n| {
        format!("insert into t values {} (1);\n", lines(n, |i| format!("({i}, 'a'),\n")))
    }),
    shape("SQL comments", Language::Sql, 20_000, |n| {
        lines(n, |i| format!("-- a{i}\n/* b */ select 1;\n"))
    }),
    shape("SQL routines", Language::Sql, 3_000, |n| {
        lines(n, |i| {
            format!(
                "create function f{i}() returns void as $$ begin delete from t; end $$ language plpgsql;\n"
            )
        })
    }),
    shape("rows of COPY", Language::Sql, 20_000, |n| {
        format!("copy t from stdin;\n{}\\.\n", lines(n, |i| format!("{i}\ta;b\n")))
    }),
    shape("fences", Language::Markdown, 5_000, |n| {
        lines(n, |i| format!("# Step {i}\n```bash\nrm -rf /x{i}\n```\n"))
    }),
    shape("fences of Python", Language::Markdown, 1_000, |n| {
        lines(n, |i| format!("```python\nimport os\nos.remove('/x{i}')\n```\n"))
    }),
    shape("open fences", Language::Markdown, 10_000, |n| lines(n, |_| "> ```bash\n\n".into())),
    shape("a console with a here-document", Language::Markdown, 10_000, |n| {
        format!("```console\n$ cat <<E\n{}E\n```\n", lines(n, |i| format!("line {i}\n")))
    }),
    shape("a console", Language::Markdown, 10_000, |n| {
        format!("```console\n{}```\n", lines(n, |i| format!("$ rm /x{i}\nout {i}\n")))
    }),
    shape("entries of a crontab", Language::Crontab, 5_000, |n| {
        lines(n, |i| format!("0 {} * * * rm -rf /x{i}\n", i % 24))
    }),
    shape("variables of a crontab", Language::Crontab, 2_000, |n| {
        lines(n, |i| format!("A{i}=b\n0 {} * * * rm -rf /x{i}\n", i % 24))
    }),
    shape("commands of a unit", Language::Systemd, 5_000, |n| {
        format!("[Service]\n{}", lines(n, |i| format!("ExecStartPre=/bin/rm -rf /x{i}\n")))
    }),
    shape("variables of a unit", Language::Systemd, 2_000, |n| {
        format!(
            "[Service]\n{}",
            lines(n, |i| format!("Environment=A{i}=b\nExecStartPre=/bin/rm -rf ${{A{i}}}\n"))
        )
    }),
    shape("manifests", Language::Kubernetes, 10_000, |n| {
        lines(n, |i| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{i}}}\nspec: {{containers: [{{name: a, image: b:1, command: [rm, /x{i}]}}]}}\n---\n"
            )
        })
    }),
    shape("small manifests", Language::Kubernetes, 10_000, |n| {
        lines(n, |i| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: p{i}}}\n---\n"))
    }),
    shape("containers", Language::Kubernetes, 3_000, |n| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n{}",
            lines(n, |i| format!("  - {{name: a{i}, image: b:1, command: [rm, /x{i}]}}\n"))
        )
    }),
    shape("variables of a container", Language::Kubernetes, 3_000, |n| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: a\n    image: b:1\n    env:\n{}    command: [rm, $(A0)]\n",
            lines(n, |i| format!("    - {{name: A{i}, value: b}}\n"))
        )
    }),
    shape("Python calls", Language::Python, 3_000, |n| {
        format!(
            "import os, subprocess\n{}",
            lines(n, |i| format!("subprocess.run(['rm', '-rf', '/x{i}'])\n"))
        )
    }),
    shape("Python assignments", Language::Python, 3_000, |n| {
        format!(
            "import os\n{}",
            lines(n, |i| format!(
                "a{i} = '/x' + a{}\nos.system('rm ' + a{i})\n",
                i.saturating_sub(1)
            ))
        )
    }),
    shape("Python text that grows", Language::Python, 2_000, |n| {
        format!("import os\na = ''\n{}os.system(a)\n", lines(n, |i| format!("a += ' x{i}'\n")))
    }),
    shape("Python functions", Language::Python, 2_000, |n| {
        format!(
            "import os\n{}",
            lines(n, |i| format!("def f{i}(a):\n    os.remove(a)\nf{i}('/x')\n"))
        )
    }),
    // Deep in each other.
    shape("deep parentheses", Language::Bash, 20_000, |n| deep("( ", "rm x", " )", n)),
    shape("deep substitutions", Language::Bash, 20_000, |n| deep("$(", "rm x", ")", n)),
    shape("deep groups", Language::Bash, 20_000, |n| deep("{ ", "rm x", "; }", n)),
    shape("deep branches", Language::Bash, 20_000, |n| deep("if true; then ", "rm x", "; fi", n)),
    shape("deep loops", Language::Bash, 20_000, |n| deep("while true; do ", "rm x", "; done", n)),
    shape("deep quotes", Language::Bash, 20_000, |n| deep("\"$(echo ", "x", ")\"", n)),
    shape("deep defaults", Language::Bash, 20_000, |n| {
        format!("rm {}", deep("${a:-", "x", "}", n))
    }),
    shape("deep defaults in quotes", Language::Bash, 20_000, |n| {
        format!("rm {}", deep("\"${a:-", "x", "}\"", n))
    }),
    shape("deep scripts", Language::Bash, 20_000, |n| deep("bash -c '", "x", "'", n)),
    shape("deep cases", Language::Bash, 20_000, |n| deep("case x in x) ", "rm x", ";; esac", n)),
    shape("deep functions", Language::Bash, 20_000, |n| deep("f() { ", "rm x", "; }", n)),
    shape("deep wrappers", Language::Bash, 20_000, |n| deep("sudo ", "rm x", "", n)),
    shape("deep backslashes", Language::Bash, 20_000, |n| format!("eval \"{}\"\n", "\\".repeat(n))),
    shape("deep brackets", Language::Bash, 20_000, |n| format!("rm {}", deep("[", "x", "]", n))),
    shape("deep braces", Language::Bash, 20_000, |n| format!("rm {}", deep("{a,", "x", "}", n))),
    shape("deep arithmetic", Language::Bash, 20_000, |n| {
        format!("rm {}", deep("$((", "1", "))", n))
    }),
    shape("deep redirections", Language::Bash, 20_000, |n| {
        format!("rm {}", deep("<(", "x", ")", n))
    }),
    shape("below the limit, side by side", Language::Bash, 500, |n| {
        lines(n, |_| deep("$(", "rm x", ")", 40))
    }),
    shape("SQL parentheses", Language::Sql, 20_000, |n| {
        format!("select {};", deep("(", "1", ")", n))
    }),
    shape("SQL blocks", Language::Sql, 20_000, |n| deep("begin ", "delete from t;", " end;", n)),
    shape("SQL comments in comments", Language::Sql, 20_000, |n| deep("/* ", "x", " */", n)),
    shape("SQL dollars", Language::Sql, 20_000, |n| lines(n, |i| format!("$a{i}$ "))),
    shape("SQL quotes", Language::Sql, 20_000, |n| format!("select {}", "'a' ".repeat(n))),
    shape("YAML flow", Language::Kubernetes, 20_000, |n| {
        format!("apiVersion: v1\nkind: Pod\nx: {}", deep("[", "1", "]", n))
    }),
    shape("YAML mappings", Language::Kubernetes, 20_000, |n| {
        format!("apiVersion: v1\nkind: Pod\nx: {}", deep("{a: ", "1", "}", n))
    }),
    shape("YAML lists", Language::Kubernetes, 20_000, |n| {
        format!("apiVersion: v1\nkind: Pod\nx:\n {}a\n", "- ".repeat(n))
    }),
    shape("YAML indentation", Language::Kubernetes, 1_000, |n| {
        format!("apiVersion: v1\nkind: Pod\n{}", lines(n, |i| format!("{}a:\n", " ".repeat(i))))
    }),
    shape("YAML anchors", Language::Kubernetes, 5_000, |n| {
        format!(
            "apiVersion: v1\nkind: Pod\na0: &a0 [x, x]\n{}",
            lines(n, |i| format!("a{}: &a{} [*a{i}, *a{i}]\n", i + 1, i + 1))
        )
    }),
    shape("quotes of Markdown", Language::Markdown, 20_000, |n| {
        format!("{} ```bash\n{} rm x\n", ">".repeat(n), ">".repeat(n))
    }),
    shape("quoted lines of Markdown", Language::Markdown, 1_000, |n| {
        lines(n, |_| format!("{} ```bash\n", ">".repeat(500)))
    }),
    shape("lists of Markdown", Language::Markdown, 20_000, |n| {
        format!("{}```bash\nrm x\n```\n", "- ".repeat(n))
    }),
    shape("long fences", Language::Markdown, 20_000, |n| {
        format!("{}bash\nrm x\n{}\n", "`".repeat(n), "`".repeat(n - 1))
    }),
    shape("Markdown in Markdown", Language::Markdown, 200, |n| {
        (0..n).rev().map(|i| format!("{}md\n", "`".repeat(i + 3))).collect()
    }),
    shape("JSON", Language::Bash, 20_000, |n| {
        format!(
            "aws s3api put-bucket-lifecycle-configuration --lifecycle '{}'\n",
            deep("{\"a\":[", "1", "]}", n).trim()
        )
    }),
    shape("deep Python", Language::Python, 20_000, |n| format!("x = {}", deep("(", "1", ")", n))),
    shape("deep Python lists", Language::Python, 20_000, |n| {
        format!("import os\nos.system({}\n", deep("[", "'x'", "]", n))
    }),
    shape("deep Python blocks", Language::Python, 1_000, |n| {
        lines(n, |i| format!("{}if x:\n", " ".repeat(i)))
    }),
    shape("Python f-strings", Language::Python, 5_000, |n| {
        format!("import os\nos.system(f'{}')\n", "{a}".repeat(n))
    }),
];
