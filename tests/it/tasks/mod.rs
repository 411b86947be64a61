//! Tasks in both directions, over HTTP, on both databases (rules 4 and 6.2).

mod bad_input;
mod done;
mod life;
mod reminders;
mod repeating;
