//! Whoever sits at this machine. What is asked here is asked in the program's own
//! window, where no page reaches.

use zeroize::Zeroizing;

/// What is to be agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The page that asks.
    pub page: String,
    /// What will be done, in both languages.
    pub zh: String,
    pub en: String,
    /// What it is about: names and values, fit to be shown.
    pub facts: Vec<(String, String)>,
    /// Two digits, drawn for this question.
    pub number: u8,
    /// Whether the same may be agreed to for a while.
    pub batch: bool,
}

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    /// To everything of the same kind, for a while.
    Batch,
    No,
    /// Nobody answered in time, or whoever asked has gone.
    Nobody,
}

/// What is told and not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A page wants to pair; the person types the code there.
    Code {
        page: String,
        code: String,
    },
    Paired {
        page: String,
    },
    LoggedIn {
        page: String,
    },
    /// A PIN was wrong, and how many tries are left.
    PinWrong {
        tries: Option<u32>,
    },
    Locked,
}

impl Question {
    /// What a line that the person entered says to this question.
    pub fn answered(&self, line: &str) -> Answer {
        let line = line.trim();
        let number = format!("{:02}", self.number);
        match line.strip_prefix(number.as_str()) {
            Some("") => Answer::Yes,
            Some("+") if self.batch => Answer::Batch,
            _ => Answer::No,
        }
    }
}

/// The window. Calls wait for the person, one after another; `gone` tells that
/// nobody waits for the answer any more.
pub trait Person: Send + Sync {
    fn tell(&self, told: &Told);
    fn confirm(&self, question: &Question, gone: &dyn Fn() -> bool) -> Answer;
    /// None where nothing was entered.
    fn pin(&self, label: &str, tries: Option<u32>) -> Option<Zeroizing<String>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_number_that_was_drawn_agrees() {
        let mut question = Question {
            page: String::new(),
            zh: String::new(),
            en: String::new(),
            facts: Vec::new(),
            number: 7,
            batch: true,
        };
        assert_eq!(question.answered(" 07\n"), Answer::Yes);
        assert_eq!(question.answered("07+"), Answer::Batch);
        for line in ["", "y", "yes", "7", "08", "07 +", "070", "+"] {
            assert_eq!(question.answered(line), Answer::No, "{line}");
        }
        question.batch = false;
        assert_eq!(question.answered("07+"), Answer::No);
    }
}
