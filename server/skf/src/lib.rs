//! The token interface of GM/T 0016-2012, called in a maker's library: what a person
//! needs to sign and to decrypt with a key that never leaves the token, and none of the
//! calls that a library may lack.
//!
//! A handle closes when it is dropped, and keeps alive what it was opened from. Calls
//! into one library are made one after another.

mod library;

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

pub use library::Fault;
use library::{Handle, Library};

/// SM4 in CBC and ECB mode (GM/T 0006).
const SM4_CBC: u32 = 0x402;
const SM4_ECB: u32 = 0x401;

/// A maker's library, loaded.
#[derive(Clone)]
pub struct Middleware(Arc<Library>);

/// What a device tells about itself (6.4.4, DEVINFO).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    pub manufacturer: String,
    pub issuer: String,
    pub label: String,
    pub serial: String,
}

/// How often the PIN may still be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinInfo {
    pub most: u32,
    pub left: u32,
}

/// What came of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    Right,
    /// With 0 left it is locked.
    Wrong {
        left: u32,
    },
}

/// Which of a container's two key pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pair {
    Signature,
    Encryption,
}

/// A session key encrypted to a container (ECCCIPHERBLOB), 16 bytes long.
pub struct Sealed {
    pub x: [u8; 32],
    pub y: [u8; 32],
    pub hash: [u8; 32],
    pub text: [u8; 16],
}

/// A device that is connected.
#[derive(Clone)]
pub struct Device(Arc<Handle>);

/// An application of a device; a PIN belongs to one.
#[derive(Clone)]
pub struct Application(Arc<Handle>);

/// A container of an application.
#[derive(Clone)]
pub struct Container(Arc<Handle>);

impl Middleware {
    /// Loads the library. It runs code of its maker, in this process.
    ///
    /// # Errors
    /// [`Fault::NotALibrary`], [`Fault::Missing`].
    pub fn load(path: &Path) -> Result<Self, Fault> {
        Library::load(path).map(|library| Self(Arc::new(library)))
    }

    /// The names of the devices that are plugged in.
    pub fn devices(&self) -> Result<Vec<String>, Fault> {
        self.0.enumerate_devices()
    }

    /// Connects a device.
    pub fn connect(&self, name: &str) -> Result<Device, Fault> {
        Library::connect(&self.0, name).map(|handle| Device(Arc::new(handle)))
    }
}

impl Device {
    /// What it tells about itself.
    pub fn info(&self) -> Result<DeviceInfo, Fault> {
        // VERSION 2, Manufacturer 64, Issuer 64, Label 32, SerialNumber 32
        let bytes = self.0.device_info()?;
        let text = |from: usize, length: usize| text(&bytes[from..from + length]);
        Ok(DeviceInfo {
            manufacturer: text(2, 64),
            issuer: text(66, 64),
            label: text(130, 32),
            serial: text(162, 32),
        })
    }

    /// The names of its applications.
    pub fn applications(&self) -> Result<Vec<String>, Fault> {
        self.0.enumerate_applications()
    }

    /// Opens an application.
    pub fn application(&self, name: &str) -> Result<Application, Fault> {
        Handle::open_application(&self.0, name).map(|handle| Application(Arc::new(handle)))
    }
}

impl Application {
    /// How often its user's PIN may still be wrong.
    pub fn pin_info(&self) -> Result<PinInfo, Fault> {
        let (most, left) = self.0.pin_info()?;
        Ok(PinInfo { most, left })
    }

    /// Tries its user's PIN, once.
    ///
    /// # Errors
    /// Anything but a right or a wrong PIN.
    pub fn verify_pin(&self, pin: &str) -> Result<Verified, Fault> {
        match self.0.verify_pin(pin.as_bytes())? {
            (0, _) => Ok(Verified::Right),
            (library::PIN_INCORRECT, left) => Ok(Verified::Wrong { left }),
            (library::PIN_LOCKED, _) => Ok(Verified::Wrong { left: 0 }),
            (code, _) => Err(Fault::Returned(code)),
        }
    }

    /// The names of its containers.
    pub fn containers(&self) -> Result<Vec<String>, Fault> {
        self.0.enumerate_containers()
    }

    /// Opens a container.
    pub fn container(&self, name: &str) -> Result<Container, Fault> {
        Handle::open_container(&self.0, name).map(|handle| Container(Arc::new(handle)))
    }
}

impl Container {
    /// A pair's certificate, DER; `None` where there is none.
    pub fn certificate(&self, pair: Pair) -> Result<Option<Vec<u8>>, Fault> {
        match self.0.export_certificate(pair == Pair::Signature) {
            Ok(bytes) if bytes.is_empty() => Ok(None),
            Ok(bytes) => Ok(Some(bytes)),
            Err(Fault::Returned(
                library::CERTIFICATE_ABSENT | library::KEY_ABSENT | library::NOT_EXPORTED,
            )) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Signs e = SM3(Z || message) with the signature pair; 64 bytes r || s.
    pub fn sign(&self, e: &[u8; 32]) -> Result<[u8; 64], Fault> {
        let blob = self.0.sign(e)?;
        let (r, s) = blob.split_at(64);
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(number(r));
        signature[32..].copy_from_slice(number(s));
        Ok(signature)
    }

    /// Decrypts a session key with the encryption pair, and `blocks` with it by SM4-CBC
    /// without padding: with the mode ECB where the token has no CBC for it.
    pub fn decrypt_cbc(
        &self,
        key: &Sealed,
        iv: &[u8; 16],
        blocks: &[u8; 64],
    ) -> Result<Zeroizing<[u8; 64]>, Fault> {
        match self.decrypt(key, SM4_CBC, iv, blocks) {
            Err(Fault::Returned(library::NOT_SUPPORTED)) => {}
            answer => return answer,
        }
        let mut text = self.decrypt(key, SM4_ECB, &[], blocks)?;
        let before = iv.iter().chain(blocks);
        for (byte, before) in text.iter_mut().zip(before) {
            *byte ^= before;
        }
        Ok(text)
    }

    fn decrypt(
        &self,
        key: &Sealed,
        mode: u32,
        iv: &[u8],
        blocks: &[u8; 64],
    ) -> Result<Zeroizing<[u8; 64]>, Fault> {
        let session = Handle::import_session_key(&self.0, mode, &key.blob())?;
        session.decrypt(iv, blocks)
    }
}

impl Sealed {
    /// ECCCIPHERBLOB (6.4.7): coordinates of 64 bytes, HASH, CipherLen, Cipher.
    fn blob(&self) -> [u8; 180] {
        let mut blob = [0; 180];
        blob[32..64].copy_from_slice(&self.x);
        blob[96..128].copy_from_slice(&self.y);
        blob[128..160].copy_from_slice(&self.hash);
        blob[160..164].copy_from_slice(&16_u32.to_ne_bytes());
        blob[164..].copy_from_slice(&self.text);
        blob
    }
}

/// A number of 256 bits in a field of 512: at its end, as the standard's libraries have
/// it, or at its front, as some do.
fn number(field: &[u8]) -> &[u8] {
    let (front, end) = field.split_at(32);
    if front.iter().any(|byte| *byte != 0) && end.iter().all(|byte| *byte == 0) {
        front
    } else {
        end
    }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0);
    let field = &field[..end.unwrap_or(field.len())];
    String::from_utf8_lossy(field).trim().to_owned()
}
