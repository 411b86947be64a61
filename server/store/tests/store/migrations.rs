//! Both databases have the same migrations and come to the same columns.

use std::{collections::BTreeSet, fs, path::Path};

use sqlx::PgPool;

use crate::harness::{Database, Raw, on_both, on_postgres, on_sqlite};

fn names(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations")
        .join(engine);
    fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn both_folders_hold_the_same_names() {
    let names_here = names("sqlite");
    assert!(!names_here.is_empty());
    assert_eq!(names_here, names("postgres"));
}

/// Type names that mean the same to us.
fn common(kind: &str) -> &'static str {
    match kind {
        "INTEGER" | "bigint" => "number",
        "TEXT" | "text" => "text",
        "BLOB" | "bytea" => "bytes",
        other => panic!("a type that is not portable: {other}"),
    }
}

async fn columns(raw: &Raw) -> BTreeSet<(String, String, &'static str, bool)> {
    let rows: Vec<(String, String, String, i64)> = match raw {
        Raw::Sqlite(pool) => sqlx::query_as(
            "SELECT t.name, c.name, c.type, c.\"notnull\" FROM sqlite_schema t \
             JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' \
             AND t.name NOT LIKE '_sqlx%'",
        )
        .fetch_all(pool)
        .await
        .unwrap(),
        Raw::Postgres(pool) => sqlx::query_as(
            "SELECT table_name::text, column_name::text, data_type::text, \
             CASE is_nullable WHEN 'NO' THEN 1::bigint ELSE 0::bigint END FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'",
        )
        .fetch_all(pool)
        .await
        .unwrap(),
    };
    rows.into_iter()
        .map(|(table, name, kind, set)| (table, name, common(&kind), set == 1))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_come_to_the_same_columns() {
    on_postgres(|postgres: Database| async move {
        on_sqlite(move |sqlite| {
            let postgres = postgres.clone();
            async move {
                let here = columns(&sqlite.raw().await).await;
                assert!(here.len() > 80, "{} columns", here.len());
                assert_eq!(here, columns(&postgres.raw().await).await);
            }
        })
        .await;
    })
    .await;
}

/// Texts compare bytewise on both; elsewhere an order by locale would mix up pages and item ids.
#[tokio::test(flavor = "multi_thread")]
async fn texts_compare_bytewise_on_postgres() {
    on_postgres(|database: Database| async move {
        let Raw::Postgres(pool) = database.raw().await else {
            unreachable!("a PostgreSQL database")
        };
        assert_eq!(local_collations(&pool).await, Vec::<String>::new());
    })
    .await;
}

async fn local_collations(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT table_name || '.' || column_name FROM information_schema.columns \
         WHERE table_schema = 'public' AND data_type = 'text' AND table_name NOT LIKE '\\_sqlx%' \
         AND collation_name IS DISTINCT FROM 'C'",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// Every table takes only values of its columns' types.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_tables_are_strict() {
    on_sqlite(|database: Database| async move {
        let loose = database
            .raw()
            .await
            .texts(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
                 AND strict = 0 AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%'",
            )
            .await;
        assert_eq!(loose, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_nodes_may_migrate_at_once_and_again() {
    on_both(|database| async move {
        let (one, two) = (database.open().await, database.open().await);
        let (first, second) = tokio::join!(one.migrate(), two.migrate());
        first.unwrap();
        second.unwrap();
        one.ping().await.unwrap();
        one.close().await;
        assert!(one.ping().await.is_err(), "closed is closed");
    })
    .await;
}
