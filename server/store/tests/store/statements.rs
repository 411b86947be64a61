//! Every SQL text is accepted and planned by both databases.

use crate::harness::{Database, Raw, on_both, on_sqlite};

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_planned_by_both_databases() {
    on_both(|database| async move {
        let raw = database.raw().await;
        let mut wrong = Vec::new();
        for (name, text) in database.open().await.statements() {
            if let Err(error) = plan(&raw, name, &text).await {
                wrong.push(format!("{name}: {error}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    })
    .await;
}

/// PostgreSQL checks conflict targets only when it plans, and plans a prepared statement only when it is
/// executed; EXPLAIN does that without running it.
async fn plan(raw: &Raw, name: &str, text: &str) -> Result<(), sqlx::Error> {
    match raw {
        Raw::Sqlite(_) => raw.run(&format!("EXPLAIN {text}")).await,
        Raw::Postgres(pool) => {
            use sqlx::Executor;
            let count = (1..=40)
                .rev()
                .find(|n| text.contains(&format!("${n}")))
                .unwrap_or(0);
            let nulls = vec!["NULL"; count].join(", ");
            let arguments = if count == 0 {
                String::new()
            } else {
                format!("({nulls})")
            };
            let script = format!(
                "SET plan_cache_mode = force_generic_plan; PREPARE \"{name}\" AS {text}; \
                 EXPLAIN EXECUTE \"{name}\"{arguments}"
            );
            let mut connection = pool.acquire().await?;
            connection
                .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(script)))
                .await
                .map(drop)
        }
    }
}

/// The check above can fail: it finds a misspelt column and a conflict target without an index.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_statement_is_found_on_both_databases() {
    on_both(|database| async move {
        let raw = database.raw().await;
        for wrong in [
            "SELECT adress FROM mailbox WHERE id = $1",
            "INSERT INTO secret (name, sealed) VALUES ($1, $2) ON CONFLICT (sealed) DO NOTHING",
        ] {
            assert!(plan(&raw, "wrong", wrong).await.is_err(), "{wrong}");
        }
    })
    .await;
}

/// What runs for every mail and every mailbox must not read whole tables.
#[tokio::test(flavor = "multi_thread")]
async fn statements_use_indexes() {
    /// The list of all mailboxes is read whole by intent; there are only a few slots.
    const WHOLE: &[&str] = &["MAILBOXES", "NODE_SLOTS_FREE"];
    on_sqlite(|database: Database| async move {
        let Raw::Sqlite(pool) = database.raw().await else {
            unreachable!("an SQLite database")
        };
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
                .fetch_all(&pool)
                .await
                .unwrap();
        let mut scans = Vec::new();
        for (name, text) in database.open().await.statements() {
            let plan = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
            let steps: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(plan).fetch_all(&pool).await.unwrap();
            // What is scanned may also be a statement's own rows, or what its own CTE selected.
            let scanned = steps.iter().any(|(.., step)| {
                let name = step
                    .strip_prefix("SCAN ")
                    .and_then(|rest| rest.split(' ').next());
                !step.contains("USING") && tables.iter().any(|table| Some(table.as_str()) == name)
            });
            if scanned && !WHOLE.contains(&name) {
                scans.push((name, steps));
            }
        }
        assert!(scans.is_empty(), "{scans:#?}");
    })
    .await;
}
