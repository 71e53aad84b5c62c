//! The bidders' documents: well-formed PDF files of any wanted size, which no
//! compressor makes smaller, as scanned drawings are.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes a PDF of one page saying `title`, with an attachment that brings the
/// file to about `size` bytes. The same `seed` gives the same file.
pub fn write_pdf(path: &Path, title: &str, size: u64, seed: u64) -> io::Result<()> {
    let mut pdf = Pdf {
        out: BufWriter::with_capacity(1 << 20, File::create(path)?),
        at: 0,
        objects: Vec::new(),
    };
    pdf.raw(b"%PDF-1.7\n%\xe5\xbc\x80\xe6\xa0\x87\n")?;
    pdf.object("<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(drawings) 6 0 R] >> >> >>")?;
    pdf.object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")?;
    pdf.object(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>",
    )?;
    let page = format!("BT /F1 20 Tf 72 740 Td ({}) Tj ET", ascii(title));
    pdf.object(&format!(
        "<< /Length {} >>\nstream\n{page}\nendstream",
        page.len()
    ))?;
    pdf.object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")?;
    pdf.object("<< /Type /Filespec /F (drawings.bin) /EF << /F 7 0 R >> >>")?;
    pdf.attachment(size.saturating_sub(pdf.at + 600), seed)?;
    pdf.finish()
}

struct Pdf {
    out: BufWriter<File>,
    at: u64,
    objects: Vec<u64>,
}

impl Pdf {
    fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn object(&mut self, body: &str) -> io::Result<()> {
        self.objects.push(self.at);
        let text = format!("{} 0 obj\n{body}\nendobj\n", self.objects.len());
        self.raw(text.as_bytes())
    }

    fn attachment(&mut self, length: u64, seed: u64) -> io::Result<()> {
        self.objects.push(self.at);
        let number = self.objects.len();
        self.raw(
            format!("{number} 0 obj\n<< /Type /EmbeddedFile /Length {length} >>\nstream\n")
                .as_bytes(),
        )?;
        let mut noise = Noise(seed | 1);
        let mut block = vec![0; 64 * 1024];
        let mut left = length;
        while left > 0 {
            let part = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
            noise.fill(&mut block[..part]);
            self.raw(&block[..part])?;
            left -= part as u64;
        }
        self.raw(b"\nendstream\nendobj\n")
    }

    fn finish(mut self) -> io::Result<()> {
        let start = self.at;
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.objects.len() + 1);
        for offset in &self.objects {
            table += &format!("{offset:010} 00000 n \n");
        }
        table += &format!(
            "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
            self.objects.len() + 1
        );
        self.raw(table.as_bytes())?;
        self.out.flush()
    }
}

fn ascii(title: &str) -> String {
    title
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || " .,-".contains(c) {
                c
            } else {
                ' '
            }
        })
        .collect()
}

/// xorshift64*: repeatable filling, nothing secret.
struct Noise(u64);

impl Noise {
    fn fill(&mut self, block: &mut [u8]) {
        for piece in block.chunks_mut(8) {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            let word = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes();
            piece.copy_from_slice(&word[..piece.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_has_about_the_wanted_size_and_a_table_that_points_at_its_objects() {
        let path = std::env::temp_dir().join(format!("kaibiao-paper-{}.pdf", std::process::id()));
        write_pdf(&path, "Technical proposal", 300_000, 7).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!((299_000..301_000).contains(&bytes.len()), "{}", bytes.len());
        let tail = String::from_utf8_lossy(&bytes[bytes.len() - 400..]).into_owned();
        let first: usize = tail
            .lines()
            .find(|l| l.ends_with("00000 n "))
            .and_then(|l| l.split(' ').next()?.parse().ok())
            .unwrap();
        assert!(bytes[first..].starts_with(b"1 0 obj"));
    }
}
