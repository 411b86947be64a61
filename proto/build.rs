//! Compiles `ssi/v1/*.proto` without protoc and keeps the descriptors for server reflection.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=ssi");
    let mut files = Vec::new();
    for entry in fs::read_dir("ssi/v1")? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            files.push(path);
        }
    }
    // The order decides the order of the descriptors; a directory listing has none.
    files.sort();

    let descriptors = protox::compile(files, ["."])?;
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(
        out_dir.join("ssi_descriptor.bin"),
        descriptors.encode_to_vec(),
    )?;
    tonic_prost_build::configure()
        // One variant is much larger than the other.
        .boxed(".ssi.v1.DryRunResponse.event.effect")
        .compile_fds(descriptors)?;
    Ok(())
}
