//! Kernels for NVIDIA's cards, on machines without one: NVRTC and ptxas compile all of them, behind a
//! driver that launches nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::{
    gpu_tests::{PROFILE, TARGET},
    process::{cargo_with, output, run},
    python,
};

/// What Cargo would otherwise build, and with it an LLVM that is fetched from the network.
const STAND_IN: &str = "patch.crates-io.cubecl-llvm.path='tests/cuda/cubecl-llvm'";
/// Where the driver and the modules lie.
const FOLDER: &str = "target/cuda/driver";
/// The generation that the driver claims to be.
const CARD: &str = "sm_80";

/// Compiles what training and masked outputs of five networks launch.
pub(crate) fn test() -> anyhow::Result<()> {
    python::environment("cuda")?;
    let toolkit = fs::canonicalize(toolkit()?)?;
    let modules = driver()?;
    {
        let _lock = Kept::file("Cargo.lock")?;
        compile(&toolkit, &modules)?;
    }
    assemble(&toolkit, &modules)
}

/// Where NVIDIA's packages for Python put theirs.
fn toolkit() -> anyhow::Result<PathBuf> {
    let lib = fs::read_dir("target/cuda/lib").context("Python's environment is not as usual")?;
    let mut found = lib.filter_map(|entry| {
        let toolkit = entry.ok()?.path().join("site-packages/nvidia/cu13");
        toolkit.is_dir().then_some(toolkit)
    });
    found.next().context("the packages hold no CUDA 13")
}

/// Makes the driver, and an empty folder for the modules that it is given.
fn driver() -> anyhow::Result<PathBuf> {
    let modules = Path::new(FOLDER).join("modules");
    if modules.exists() {
        fs::remove_dir_all(&modules)?;
    }
    fs::create_dir_all(&modules)?;
    for name in ["libcuda.so", "libcuda.so.1"] {
        let library = format!("{FOLDER}/{name}");
        let flags = [
            "-shared",
            "-fPIC",
            "-O1",
            "-o",
            &library,
            "tests/cuda/driver.c",
        ];
        run("cc", &flags, &[])?;
    }
    Ok(fs::canonicalize(modules)?)
}

/// Runs the networks, and what is refused where something is missing.
fn compile(toolkit: &Path, modules: &Path) -> anyhow::Result<()> {
    let driver = fs::canonicalize(FOLDER)?.display().to_string();
    let libraries = format!("{driver}:{}", toolkit.join("lib").display());
    let toolkit = toolkit.display().to_string();
    run_tests("without_a_driver", &[])?;
    run_tests("without_a_compiler", &[("LD_LIBRARY_PATH", &driver)])?;
    let all = [("LD_LIBRARY_PATH", &libraries[..]), ("CUDA_PATH", &toolkit)];
    run_tests("wrong_sums", &all)?;
    let modules = modules.display().to_string();
    let keeping = [all[0], all[1], ("KEEP_MODULES", &modules)];
    run_tests("every_kernel_compiles", &keeping)
}

fn run_tests(names: &str, environment: &[(&str, &str)]) -> anyhow::Result<()> {
    let build = format!("--profile {PROFILE} --features burn-cuda --target-dir {TARGET}");
    let line =
        format!("test {build} -p spindle-core --lib --config {STAND_IN} -- --ignored {names}");
    cargo_with(&line, environment)
}

/// Makes machine code of all modules.
fn assemble(toolkit: &Path, modules: &Path) -> anyhow::Result<()> {
    let ptxas = toolkit.join("bin/ptxas").display().to_string();
    let code = modules.join("code").display().to_string();
    let (mut count, mut shortened) = (0, 0);
    for entry in fs::read_dir(modules)? {
        let module = entry?.path();
        let name = module.display().to_string();
        output(&ptxas, &["--gpu-name", CARD, "--output-file", &code, &name])?;
        count += 1;
        shortened += usize::from(fs::read_to_string(&module)?.contains("tf32"));
    }
    if count == 0 {
        bail!("no kernel was compiled");
    }
    println!(
        "{count} kernels compiled for {CARD}, {shortened} of them with factors shortened to TF32"
    );
    Ok(())
}

/// A file that is as it was when this goes.
struct Kept {
    path: &'static str,
    content: Vec<u8>,
}

impl Kept {
    fn file(path: &'static str) -> anyhow::Result<Self> {
        let content = fs::read(path).with_context(|| format!("cannot read {path}"))?;
        Ok(Self { path, content })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Err(error) = fs::write(self.path, &self.content) {
            eprintln!("{} could not be put back as it was: {error}", self.path);
        }
    }
}
