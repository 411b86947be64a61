mod laws;
mod table;
