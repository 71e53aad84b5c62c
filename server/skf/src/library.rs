//! The foreign calls: the only unsafe code of the project.
//!
//! What makes it sound: a handle is closed once, when it is dropped, and holds what it was
//! opened from; every buffer is as long as the library is told, its contents are there
//! before the call, and a length that comes back is compared with it; every number that a
//! library writes has room for 64 bits, since some take the standard's ULONG for theirs.
//! What no caller can see to is that the library does as the standard says.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::path::Path;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

pub(crate) const NOT_SUPPORTED: u32 = 0x0A00_0003;
pub(crate) const KEY_ABSENT: u32 = 0x0A00_001B;
pub(crate) const CERTIFICATE_ABSENT: u32 = 0x0A00_001C;
pub(crate) const NOT_EXPORTED: u32 = 0x0A00_001D;
pub(crate) const PIN_INCORRECT: u32 = 0x0A00_0024;
pub(crate) const PIN_LOCKED: u32 = 0x0A00_0025;

/// More than any list, certificate or name of a token has.
const MOST: usize = 64 * 1024;
/// USER_TYPE of 6.4.11.
const USER: u32 = 1;

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file cannot be loaded; the system's words.
    #[error("{0}")]
    NotALibrary(String),
    /// The library has no such function.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// What the function returned (GM/T 0016, annex A).
    #[error("SAR {0:#010X}")]
    Returned(u32),
    /// It said that it wrote more than there was room for.
    #[error("{0} returned an impossible length")]
    Length(&'static str),
    /// A name or PIN with a zero byte.
    #[error("a text contains a zero byte")]
    Text,
}

type Raw = *mut c_void;

/// ULONG, with room for libraries that write 64 bits.
#[repr(C, align(8))]
#[derive(Default)]
struct Number {
    low: u32,
    high: u32,
}

impl Number {
    fn new(value: usize) -> Self {
        let low = u32::try_from(value).unwrap_or(u32::MAX);
        Self { low, high: 0 }
    }

    fn out(&mut self) -> *mut u32 {
        ptr::from_mut(self).cast()
    }
}

/// BLOCKCIPHERPARAM (6.4.10).
#[repr(C)]
#[derive(Clone, Copy)]
struct Parameters {
    iv: [u8; 32],
    iv_length: u32,
    padding: u32,
    feed_bits: u32,
}

/// A loaded library. Makers' libraries seldom bear two threads, so each call locks it.
pub(crate) struct Library {
    library: libloading::Library,
    turn: Mutex<()>,
}

/// What a handle was opened from.
enum Parent {
    Library(Arc<Library>),
    Handle(Arc<Handle>),
}

/// An open handle of the library, with the name of the function that closes it.
pub(crate) struct Handle {
    raw: Raw,
    close: &'static str,
    parent: Parent,
}

// SAFETY: a handle is a number to the library, which is never called by two threads at
// once (`Library::turn`); GM/T 0016 binds no handle to a thread.
unsafe impl Send for Handle {}
// SAFETY: as above; a shared handle is only read here.
unsafe impl Sync for Handle {}

type Enumerate = unsafe extern "system" fn(u32, *mut u8, *mut u32) -> u32;
type EnumerateOf = unsafe extern "system" fn(Raw, *mut u8, *mut u32) -> u32;
type Connect = unsafe extern "system" fn(*const u8, *mut Raw) -> u32;
type Open = unsafe extern "system" fn(Raw, *const u8, *mut Raw) -> u32;
type Close = unsafe extern "system" fn(Raw) -> u32;
type Info = unsafe extern "system" fn(Raw, *mut u8) -> u32;
type PinInfo = unsafe extern "system" fn(Raw, u32, *mut u32, *mut u32, *mut u32) -> u32;
type VerifyPin = unsafe extern "system" fn(Raw, u32, *const u8, *mut u32) -> u32;
type ExportCertificate = unsafe extern "system" fn(Raw, u32, *mut u8, *mut u32) -> u32;
type SignData = unsafe extern "system" fn(Raw, *const u8, u32, *mut u8) -> u32;
type ImportSessionKey = unsafe extern "system" fn(Raw, u32, *const u8, u32, *mut Raw) -> u32;
type DecryptInit = unsafe extern "system" fn(Raw, Parameters) -> u32;
type Decrypt = unsafe extern "system" fn(Raw, *const u8, u32, *mut u8, *mut u32) -> u32;

impl Library {
    pub(crate) fn load(path: &Path) -> Result<Self, Fault> {
        // SAFETY: this runs the library's initialisers. Which library, is what its user
        // has said; nothing that came over a network chooses it.
        let library = unsafe { libloading::Library::new(path) };
        let library = library.map_err(|error| Fault::NotALibrary(error.to_string()))?;
        let loaded = Self {
            library,
            turn: Mutex::new(()),
        };
        loaded.function::<Enumerate>("SKF_EnumDev")?;
        Ok(loaded)
    }

    fn function<F: Copy>(&self, name: &'static str) -> Result<F, Fault> {
        // SAFETY: the types above are those of GM/T 0016, 7, for the names they are asked
        // with here; the pointer is used only while the library is loaded.
        let symbol = unsafe { self.library.get::<F>(name.as_bytes()) };
        symbol
            .map(|symbol| *symbol)
            .map_err(|_| Fault::Missing(name))
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn enumerate_devices(&self) -> Result<Vec<String>, Fault> {
        let enumerate = self.function::<Enumerate>("SKF_EnumDev")?;
        let _turn = self.turn();
        // SAFETY: `filled` gives null, or as many bytes as it says, and a number.
        let list = filled("SKF_EnumDev", |bytes, length| unsafe {
            enumerate(1, bytes, length)
        })?;
        Ok(names(&list))
    }

    pub(crate) fn connect(library: &Arc<Self>, name: &str) -> Result<Handle, Fault> {
        let connect = library.function::<Connect>("SKF_ConnectDev")?;
        let name = terminated(name.as_bytes())?;
        let mut raw = ptr::null_mut();
        let _turn = library.turn();
        // SAFETY: the name ends with a zero, and there is room for a handle.
        returned(unsafe { connect(name.as_ptr(), &raw mut raw) })?;
        Ok(Handle {
            raw,
            close: "SKF_DisConnectDev",
            parent: Parent::Library(Arc::clone(library)),
        })
    }
}

impl Handle {
    fn library(&self) -> &Library {
        let mut parent = &self.parent;
        loop {
            match parent {
                Parent::Library(library) => return library,
                Parent::Handle(handle) => parent = &handle.parent,
            }
        }
    }

    fn open(
        parent: &Arc<Self>,
        name: &str,
        function: &'static str,
        close: &'static str,
    ) -> Result<Self, Fault> {
        let library = parent.library();
        let open = library.function::<Open>(function)?;
        let name = terminated(name.as_bytes())?;
        let mut raw = ptr::null_mut();
        let _turn = library.turn();
        // SAFETY: the parent is open, the name ends with a zero, there is room for a handle.
        returned(unsafe { open(parent.raw, name.as_ptr(), &raw mut raw) })?;
        Ok(Self {
            raw,
            close,
            parent: Parent::Handle(Arc::clone(parent)),
        })
    }

    pub(crate) fn open_application(device: &Arc<Self>, name: &str) -> Result<Self, Fault> {
        Self::open(device, name, "SKF_OpenApplication", "SKF_CloseApplication")
    }

    pub(crate) fn open_container(application: &Arc<Self>, name: &str) -> Result<Self, Fault> {
        Self::open(application, name, "SKF_OpenContainer", "SKF_CloseContainer")
    }

    fn enumerate(&self, function: &'static str) -> Result<Vec<String>, Fault> {
        let library = self.library();
        let enumerate = library.function::<EnumerateOf>(function)?;
        let _turn = library.turn();
        // SAFETY: the handle is open; `filled` gives null, or as many bytes as it says.
        let list = filled(function, |bytes, length| unsafe {
            enumerate(self.raw, bytes, length)
        })?;
        Ok(names(&list))
    }

    pub(crate) fn enumerate_applications(&self) -> Result<Vec<String>, Fault> {
        self.enumerate("SKF_EnumApplication")
    }

    pub(crate) fn enumerate_containers(&self) -> Result<Vec<String>, Fault> {
        self.enumerate("SKF_EnumContainer")
    }

    /// DEVINFO, which has 294 bytes, or more where its numbers are of 64 bits.
    pub(crate) fn device_info(&self) -> Result<[u8; 1024], Fault> {
        let library = self.library();
        let info = library.function::<Info>("SKF_GetDevInfo")?;
        let mut bytes = [0; 1024];
        let _turn = library.turn();
        // SAFETY: the handle is open, and DEVINFO fits several times over.
        returned(unsafe { info(self.raw, bytes.as_mut_ptr()) })?;
        Ok(bytes)
    }

    /// The most tries, and those that are left.
    pub(crate) fn pin_info(&self) -> Result<(u32, u32), Fault> {
        let library = self.library();
        let info = library.function::<PinInfo>("SKF_GetPINInfo")?;
        let (mut most, mut left, mut initial) =
            (Number::default(), Number::default(), Number::default());
        let _turn = library.turn();
        // SAFETY: the handle is open, and there is room for three numbers.
        returned(unsafe { info(self.raw, USER, most.out(), left.out(), initial.out()) })?;
        Ok((most.low, left.low))
    }

    /// What was returned, and the tries that are left.
    pub(crate) fn verify_pin(&self, pin: &[u8]) -> Result<(u32, u32), Fault> {
        let library = self.library();
        let verify = library.function::<VerifyPin>("SKF_VerifyPIN")?;
        let pin = terminated(pin)?;
        let mut left = Number::default();
        let _turn = library.turn();
        // SAFETY: the handle is open, the PIN ends with a zero, there is room for a number.
        let code = unsafe { verify(self.raw, USER, pin.as_ptr(), left.out()) };
        Ok((code, left.low))
    }

    pub(crate) fn export_certificate(&self, signature: bool) -> Result<Vec<u8>, Fault> {
        let name = "SKF_ExportCertificate";
        let library = self.library();
        let export = library.function::<ExportCertificate>(name)?;
        let _turn = library.turn();
        // SAFETY: the handle is open; `filled` gives null, or as many bytes as it says.
        filled(name, |bytes, length| unsafe {
            export(self.raw, u32::from(signature), bytes, length)
        })
    }

    /// ECCSIGNATUREBLOB: r and s in 64 bytes each.
    pub(crate) fn sign(&self, digest: &[u8; 32]) -> Result<[u8; 128], Fault> {
        let library = self.library();
        let sign = library.function::<SignData>("SKF_ECCSignData")?;
        let mut blob = [0; 128];
        let _turn = library.turn();
        // SAFETY: the handle is open, the digest has 32 bytes, and the blob fits.
        returned(unsafe { sign(self.raw, digest.as_ptr(), 32, blob.as_mut_ptr()) })?;
        Ok(blob)
    }

    pub(crate) fn import_session_key(
        container: &Arc<Self>,
        mode: u32,
        blob: &[u8; 180],
    ) -> Result<Self, Fault> {
        let library = container.library();
        let import = library.function::<ImportSessionKey>("SKF_ImportSessionKey")?;
        let mut raw = ptr::null_mut();
        let _turn = library.turn();
        // SAFETY: the handle is open, the blob has 180 bytes, there is room for a handle.
        returned(unsafe { import(container.raw, mode, blob.as_ptr(), 180, &raw mut raw) })?;
        Ok(Self {
            raw,
            close: "SKF_CloseHandle",
            parent: Parent::Handle(Arc::clone(container)),
        })
    }

    /// With a session key, whole blocks without padding.
    pub(crate) fn decrypt(
        &self,
        iv: &[u8],
        blocks: &[u8; 64],
    ) -> Result<Zeroizing<[u8; 64]>, Fault> {
        let library = self.library();
        let begin = library.function::<DecryptInit>("SKF_DecryptInit")?;
        let decrypt = library.function::<Decrypt>("SKF_Decrypt")?;
        let mut parameters = Parameters {
            iv: [0; 32],
            iv_length: Number::new(iv.len()).low,
            padding: 0,
            feed_bits: 0,
        };
        parameters.iv[..iv.len()].copy_from_slice(iv);
        // A block more than is needed, for libraries that write one.
        let mut text = Zeroizing::new([0; 80]);
        let mut length = Number::new(text.len());
        let _turn = library.turn();
        // SAFETY: the handle is open, and the parameters are a value.
        returned(unsafe { begin(self.raw, parameters) })?;
        // SAFETY: the handle is open; 64 bytes in, and as many bytes of room as it is told.
        returned(unsafe {
            decrypt(
                self.raw,
                blocks.as_ptr(),
                64,
                text.as_mut_ptr(),
                length.out(),
            )
        })?;
        if length.low != 64 {
            return Err(Fault::Length("SKF_Decrypt"));
        }
        let mut whole = Zeroizing::new([0; 64]);
        whole.copy_from_slice(&text[..64]);
        Ok(whole)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let library = self.library();
        if let Ok(close) = library.function::<Close>(self.close) {
            let _turn = library.turn();
            // SAFETY: the handle is open, and nobody has it any more. What it returns helps
            // nobody: the token may be gone.
            unsafe { close(self.raw) };
        }
    }
}

fn returned(code: u32) -> Result<(), Fault> {
    match code {
        0 => Ok(()),
        code => Err(Fault::Returned(code)),
    }
}

/// Calls once for the length and once for the bytes.
fn filled(name: &'static str, call: impl Fn(*mut u8, *mut u32) -> u32) -> Result<Vec<u8>, Fault> {
    let mut length = Number::default();
    returned(call(ptr::null_mut(), length.out()))?;
    let wanted = length.low as usize;
    if wanted == 0 {
        return Ok(Vec::new());
    }
    if wanted > MOST {
        return Err(Fault::Length(name));
    }
    // A little more, for libraries that do not count the zeros at the end.
    let mut bytes = vec![0; wanted + 16];
    let mut length = Number::new(wanted);
    returned(call(bytes.as_mut_ptr(), length.out()))?;
    let written = length.low as usize;
    if written > wanted {
        return Err(Fault::Length(name));
    }
    bytes.truncate(written);
    Ok(bytes)
}

/// Names that each end with a zero; an empty one ends the list.
fn names(list: &[u8]) -> Vec<String> {
    list.split(|byte| *byte == 0)
        .take_while(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

/// With the zero at its end, wiped when dropped.
fn terminated(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    bytes.extend_from_slice(text);
    bytes.push(0);
    if bytes.iter().position(|byte| *byte == 0) == Some(text.len()) {
        Ok(bytes)
    } else {
        Err(Fault::Text)
    }
}
