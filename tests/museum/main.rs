//! The museum of other people's bugs: each scenario re-enacts a complaint about a system that mirrors a mailbox
//! with something, and must not happen here. The names say whose it was; the doc lines say what happened there.
//! Every one runs on SQLite and on PostgreSQL.
//!
//! `mutants.txt` puts some of the bugs back; `tests/tools/mutants.sh` sees to it that each is caught.

mod deletions;
mod duplicates;
mod limits;
mod loops;
mod losses;
mod privacy;
mod scene;
mod series;
mod storms;
mod times;
