//! When a call is repeated, and after which wait.

use std::time::Duration;

use tokio::time::Instant;
use tonic::Code;

use crate::Error;

/// How often and how patiently calls are repeated.
///
/// Only calls that are safe to repeat are repeated at all: those that read, and those that carry a
/// `request_id`. A delay the server asks for (`RetryInfo`) is waited out in full; if it is longer than
/// [`RetryPolicy::longest_wait`] or than the time left, the error is returned at once instead.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included; at least 1.
    pub attempts: u32,
    /// Upper bound of the first wait where the server names no delay; doubles with each attempt.
    pub first_wait: Duration,
    /// Longest wait that is accepted, whoever asks for it.
    pub longest_wait: Duration,
    /// Part of a server's delay that is added at random on top of it, from 0.0 to 1.0, so that clients
    /// who were turned away together do not come back together.
    pub jitter: f64,
}

impl Default for RetryPolicy {
    /// 4 attempts, first wait up to 200 ms, longest wait 30 s, a quarter of jitter.
    fn default() -> Self {
        Self {
            attempts: 4,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(30),
            jitter: 0.25,
        }
    }
}

impl RetryPolicy {
    /// Never repeats anything.
    pub fn never() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }

    /// The wait after the `failed`-th failure (from 1), or `None` if the error is to be returned.
    /// `chance` is a random number from 0.0 to 1.0.
    fn wait(&self, error: &Error, failed: u32, chance: f64) -> Option<Duration> {
        if failed >= self.attempts {
            return None;
        }
        let asked = error.retry_after();
        let may_repeat = match error.code() {
            Code::Unavailable => true,
            // Without a delay these say "not now" without saying when: repeating would be guessing.
            Code::ResourceExhausted | Code::Aborted => asked.is_some(),
            _ => false,
        };
        if !may_repeat {
            return None;
        }
        let wait = match asked {
            Some(delay) => delay.checked_add(scale(delay, self.jitter.clamp(0.0, 1.0) * chance))?,
            None => {
                let doubled = 2_u32.saturating_pow(failed.saturating_sub(1));
                let bound = self
                    .first_wait
                    .saturating_mul(doubled)
                    .min(self.longest_wait);
                scale(bound, chance)
            }
        };
        // The jitter alone must not turn an acceptable delay into a refusal.
        (asked.unwrap_or(wait) <= self.longest_wait).then_some(wait)
    }
}

/// `Duration::mul_f64` panics on overflow; a server may send any delay.
fn scale(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(duration)
}

/// The attempts of one call within its time.
pub(crate) struct Attempts<'policy> {
    policy: &'policy RetryPolicy,
    deadline: Instant,
    failed: u32,
}

impl<'policy> Attempts<'policy> {
    pub(crate) fn new(policy: &'policy RetryPolicy, timeout: Duration) -> Self {
        let now = Instant::now();
        // A day is as good as for ever and cannot overflow.
        let deadline = now + timeout.min(Duration::from_secs(86_400));
        Self {
            policy,
            deadline,
            failed: 0,
        }
    }

    /// The time left for the whole call.
    pub(crate) fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The attempts of a call of which some have failed already.
    pub(crate) fn after(policy: &'policy RetryPolicy, timeout: Duration, failed: u32) -> Self {
        Self {
            failed,
            ..Self::new(policy, timeout)
        }
    }

    /// Waits until the call may be repeated, or hands the error back.
    pub(crate) async fn wait_after(&mut self, error: Error) -> Result<(), Error> {
        self.failed += 1;
        match self.policy.wait(&error, self.failed, rand::random()) {
            Some(wait) if wait < self.remaining() => {
                tokio::time::sleep(wait).await;
                Ok(())
            }
            _ => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Status;
    use tonic_types::{ErrorDetails, StatusExt as _};

    use super::*;

    fn refused(code: Code, delay: Option<Duration>) -> Error {
        let details = match delay {
            Some(delay) => ErrorDetails::with_retry_info(Some(delay)),
            None => ErrorDetails::new(),
        };
        Error::from(Status::with_error_details(code, "no", details))
    }

    fn check(code: Code, asked: Option<u64>, failed: u32, chance: f64, expected: Option<u64>) {
        let error = refused(code, asked.map(Duration::from_millis));
        assert_eq!(
            RetryPolicy::default().wait(&error, failed, chance),
            expected.map(Duration::from_millis),
            "{code:?} asked {asked:?} failed {failed} chance {chance}"
        );
    }

    #[test]
    fn waits_follow_the_server_and_else_double() {
        use Code::{Aborted, Internal, InvalidArgument, ResourceExhausted, Unavailable};
        check(Unavailable, None, 1, 1.0, Some(200));
        check(Unavailable, None, 2, 1.0, Some(400));
        check(Unavailable, None, 3, 0.5, Some(400));
        check(Unavailable, None, 4, 1.0, None);
        check(Unavailable, Some(4_000), 1, 0.0, Some(4_000));
        check(Unavailable, Some(4_000), 1, 1.0, Some(5_000));
        check(ResourceExhausted, Some(1_000), 1, 0.0, Some(1_000));
        check(ResourceExhausted, None, 1, 1.0, None);
        check(Aborted, Some(100), 1, 0.0, Some(100));
        check(Aborted, None, 1, 1.0, None);
        check(Unavailable, Some(30_000), 1, 1.0, Some(37_500));
        check(Unavailable, Some(30_001), 1, 0.0, None);
        check(InvalidArgument, Some(1), 1, 0.0, None);
        check(Internal, None, 1, 0.0, None);
    }

    #[test]
    fn absurd_delays_end_the_call_instead_of_panicking() {
        let error = refused(
            Code::Unavailable,
            Some(Duration::from_secs(300_000_000_000)),
        );
        assert_eq!(RetryPolicy::default().wait(&error, 1, 1.0), None);
        let patient = RetryPolicy {
            longest_wait: Duration::MAX,
            ..RetryPolicy::default()
        };
        assert!(patient.wait(&error, 1, 1.0).is_some());
    }
}
