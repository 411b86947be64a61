//! Log lines: for people or as JSON, on standard error. Standard output belongs to answers.

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{LogFormat, Problem, TelemetryConfig};

/// Starts logging. A second call in one process changes nothing.
pub fn start(config: &TelemetryConfig) -> Result<(), Problem> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| {
        Problem::new(
            "telemetry.log",
            format!("{error}; write a level such as info"),
        )
    })?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // An error says only that logging was started before.
    let _ = match config.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    Ok(())
}
