//! Complaints (投诉): they are taken and answered beside the course of a lot, and after
//! its end.

use super::{Happening, Lawful, by, homes};
use crate::complaints::gate;
use crate::event::What;
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::State;

pub(super) fn apply(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    let (seq, time) = (happening.seq, happening.time);
    match what {
        What::Complained { lot } => {
            by(happening, &[By::Host, By::Bidder, By::Public])?;
            let of = state.lots.get(lot).ok_or(Code::NoSuchLot)?;
            gate(state, of, happening.by, time)?;
            if happening.by == By::Public {
                let heard = state.complaints.hears_the_public(time);
                heard.map_err(|refusal| refusal.code)?;
            }
            let lot = lot.clone();
            state.complaints.file(seq, lot, happening.by, time);
            Ok(())
        }
        What::ComplaintTakenUp { lot, complaint } => {
            by(happening, &[By::Supervisor])?;
            let complaint = state.complaints.waiting(*complaint, lot)?;
            complaint.taken_up = Some((seq, time));
            Ok(())
        }
        What::ComplaintDeclined { lot, complaint } => {
            by(happening, &[By::Supervisor])?;
            let complaint = state.complaints.waiting(*complaint, lot)?;
            complaint.declined = Some(seq);
            Ok(())
        }
        What::ComplaintAnswered { lot, complaint } => {
            by(happening, &[By::Supervisor])?;
            let complaint = state.complaints.open(*complaint, lot)?;
            complaint.answered = Some(seq);
            Ok(())
        }
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::unlocking!()
        | homes::rescuing!()
        | homes::releasing!()
        | homes::announcing!()
        | homes::recording!()
        | homes::attending!()
        | homes::talking!() => Err(Code::FactsDiffer),
    }
}
