//! What the return values of PKCS #11 mean to a person.

use cryptoki::error::{Error, RvError};

use crate::problem::TokenProblem;

pub(super) fn tell(error: Error) -> TokenProblem {
    problem(&error)
}

pub(super) fn problem(error: &Error) -> TokenProblem {
    let Error::Pkcs11(returned, _) = error else {
        return match error {
            Error::NullFunctionPointer | Error::NotSupported => unsupported(),
            other => TokenProblem::Refused(other.to_string()),
        };
    };
    match returned {
        RvError::DeviceRemoved
        | RvError::TokenNotPresent
        | RvError::TokenNotRecognized
        | RvError::SlotIdInvalid => TokenProblem::TokenGone,
        RvError::PinIncorrect => TokenProblem::PinWrong {
            left: crate::token::Tries::Unknown,
        },
        RvError::PinLocked => TokenProblem::PinBlocked,
        RvError::PinInvalid | RvError::PinLenRange => TokenProblem::PinForm,
        RvError::PinExpired | RvError::UserPinNotInitialized => TokenProblem::PinNotSet,
        RvError::UserNotLoggedIn | RvError::SessionClosed | RvError::SessionHandleInvalid => {
            TokenProblem::LoggedOut
        }
        RvError::UserAlreadyLoggedIn
        | RvError::UserAnotherAlreadyLoggedIn
        | RvError::UserTooManyTypes
        | RvError::SessionCount
        | RvError::SessionExists
        | RvError::OperationActive => TokenProblem::Busy,
        RvError::MechanismInvalid
        | RvError::MechanismParamInvalid
        | RvError::KeyFunctionNotPermitted
        | RvError::KeyTypeInconsistent
        | RvError::FunctionNotSupported => unsupported(),
        RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange => TokenProblem::NotOpened,
        _ => TokenProblem::Refused(error.to_string()),
    }
}

fn unsupported() -> TokenProblem {
    TokenProblem::Unsupported { what: "PKCS #11" }
}
