//! Output has two readers: people read stderr, programs read stdout.
//!
//! With `--json` stdout gets one JSON document (or one a line for commands
//! that follow something), and stderr only failures and progress.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kaibiao_client::failure::{Failure, Outcome};
use kaibiao_client::progress::Progress;
use serde::Serialize;

/// Where a command's words and results go.
pub struct Output {
    json: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Output {
            json,
            bar: Mutex::new(None),
        }
    }

    pub fn json(&self) -> bool {
        self.json
    }

    /// Tells a person something; quiet with `--json`.
    pub fn say(&self, zh: impl AsRef<str>, en: impl AsRef<str>) {
        if !self.json {
            self.line(&format!("{}\n  {}", zh.as_ref(), en.as_ref()));
        }
    }

    /// One line of a table or list; quiet with `--json`.
    pub fn row(&self, text: impl AsRef<str>) {
        if !self.json {
            self.line(text.as_ref());
        }
    }

    /// Warns; also with `--json`, since stderr is for people anyway.
    pub fn warn(&self, zh: impl AsRef<str>, en: impl AsRef<str>) {
        self.line(&format!("注意:{}\n  Note: {}", zh.as_ref(), en.as_ref()));
    }

    /// The command's result; printed only with `--json`.
    pub fn result<T: Serialize + ?Sized>(&self, value: &T) -> Outcome<()> {
        if self.json {
            let text = serde_json::to_string(value).map_err(Failure::unexpected)?;
            use std::io::Write as _;
            // A reader that has gone away (a closed pipe) is not our failure.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
        Ok(())
    }

    /// A failure: both languages on stderr, and the code on stdout for programs.
    pub fn fail(&self, failure: &Failure) {
        self.line(&format!(
            "错误[{}]:{}\nError [{}]: {}",
            failure.code, failure.zh, failure.code, failure.en
        ));
        let _ = self.result(&serde_json::json!({
            "error": { "code": failure.code, "zh": failure.zh, "en": failure.en, "exit": failure.exit_code() }
        }));
    }

    fn line(&self, text: &str) {
        let bar = self.bar.lock().ok();
        match bar.as_ref().and_then(|bar| bar.as_ref()) {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }
}

impl Progress for Output {
    fn begin(&self, zh: &str, en: &str, total: Option<u64>) {
        let message = format!("{zh} {en}");
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = if total.is_some() {
            "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}"
        } else {
            "{msg} {spinner} {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(message);
        if total.is_none() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        if let Ok(mut current) = self.bar.lock() {
            *current = Some(bar);
        }
    }

    fn advance(&self, bytes: u64) {
        if let Ok(bar) = self.bar.lock()
            && let Some(bar) = bar.as_ref()
        {
            bar.inc(bytes);
        }
    }

    fn end(&self) {
        if let Ok(mut bar) = self.bar.lock()
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }
}
