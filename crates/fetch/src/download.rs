use crate::{
    FetchError, MirrorFailure, Monitor, Policy,
    attempt::{Setback, attempt},
    checksum::Algorithm,
    partial::Partial,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use ureq::Agent;

/// How often a wait looks whether it is to end.
const TICK: Duration = Duration::from_millis(50);

/// A download from one of several mirrors.
pub(crate) struct Download<'a> {
    pub(crate) urls: &'a [String],
    pub(crate) checksum: Option<&'a str>,
    pub(crate) policy: &'a Policy,
    pub(crate) monitor: &'a Monitor<'a>,
}

/// Why a mirror did not give the file.
enum Refused {
    Mirror { reason: String, hint: Option<String> },
    Own(FetchError),
}

impl From<FetchError> for Refused {
    fn from(error: FetchError) -> Self {
        Self::Own(error)
    }
}

impl Download<'_> {
    /// Completes the partial download in `folder`, mirror after mirror, and checks it.
    pub(crate) fn complete(&self, folder: &Path) -> Result<Partial, FetchError> {
        let algorithm = Algorithm::of(self.checksum);
        let mut partial = Partial::open(folder, algorithm, self.checksum.is_some(), self.monitor)?;
        if self.checksum == Some(partial.checksum().as_str()) {
            return Ok(partial);
        }
        let agent = self.agent();
        let mut failures = Vec::new();
        for url in self.urls {
            match self.try_mirror(&agent, url, &mut partial) {
                Ok(()) => return Ok(partial),
                Err(Refused::Own(error)) => return Err(error),
                Err(Refused::Mirror { reason, hint }) => {
                    let failure = MirrorFailure { url: url.clone(), reason, hint };
                    if failures.len() + 1 < self.urls.len() {
                        (self.monitor.warn)(format!("{failure}; tries the next mirror"));
                    }
                    failures.push(failure);
                }
            }
        }
        Err(FetchError::Mirrors { failures })
    }

    fn agent(&self) -> Agent {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("pipeline/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(self.policy.stall))
            .timeout_per_read(Some(self.policy.stall));
        config.build().into()
    }

    /// Tries one mirror as long as there is hope.
    fn try_mirror(&self, agent: &Agent, url: &str, partial: &mut Partial) -> Result<(), Refused> {
        let (mut failures, mut has_begun_again) = (0, false);
        loop {
            let before = partial.furthest();
            match attempt(agent, url, partial, self.checksum.is_some(), self.monitor) {
                Ok(()) => match self.mismatch(partial) {
                    None => return Ok(()),
                    // Pieces of different files may have been put together.
                    Some(_) if partial.is_stitched() && !has_begun_again => {
                        (self.monitor.warn)(format!("{url}: its parts do not belong together; begins again"));
                        has_begun_again = true;
                        partial.restart()?;
                    }
                    Some(refused) => {
                        partial.restart()?;
                        return Err(refused);
                    }
                },
                Err(Setback::Own(error)) => return Err(error.into()),
                Err(Setback::Lasting(reason)) => return Err(Refused::Mirror { reason, hint: None }),
                Err(Setback::Passing { reason, wait }) => {
                    failures = if partial.furthest() > before { 1 } else { failures + 1 };
                    self.wait_or_give_up(url, reason, wait, failures)?;
                }
            }
        }
    }

    fn mismatch(&self, partial: &Partial) -> Option<Refused> {
        let (expected, found) = (self.checksum?, partial.checksum());
        let reason = format!("its content is {found}, not {expected}");
        let hint = "if it has been published anew, and you trust it, change `checksum`".to_owned();
        (found != expected).then_some(Refused::Mirror { reason, hint: Some(hint) })
    }

    fn wait_or_give_up(
        &self,
        url: &str,
        reason: String,
        wait: Option<Duration>,
        failures: u32,
    ) -> Result<(), Refused> {
        let policy = self.policy;
        if failures >= policy.attempts {
            return Err(Refused::Mirror { reason: format!("{reason} ({failures} times)"), hint: None });
        }
        let wait = wait.unwrap_or_else(|| policy.wait(failures));
        if wait > policy.longest_wait {
            let reason = format!("{reason}, and it asks to wait {} s", wait.as_secs());
            return Err(Refused::Mirror { reason, hint: Some("try again later".to_owned()) });
        }
        (self.monitor.warn)(format!("{url}: {reason}; tries again in {:.1} s", wait.as_secs_f64()));
        let end = Instant::now() + wait;
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.monitor.check()?;
            std::thread::sleep(left.min(TICK));
        }
        Ok(())
    }
}
