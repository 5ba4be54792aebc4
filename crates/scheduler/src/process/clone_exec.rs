//! Starting a program without copying this process's page tables, as `posix_spawn` does.
//!
//! `fork` takes milliseconds once the runner holds the plan of ten thousand stages, and `posix_spawn` cannot
//! ask for a death signal. So the child is a `clone` that borrows this process's memory until it has become
//! the program, while the thread that started it waits.

use libc::{c_char, c_int, c_void};
use std::{
    ffi::{CString, OsStr},
    io,
    os::{
        fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
    ptr,
    sync::atomic::{AtomicI32, Ordering},
};

/// What the child needs, all of it made beforehand: it must not allocate.
struct Orders {
    argv: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    directory: CString,
    input: c_int,
    output: c_int,
    parent: libc::pid_t,
    /// The error number of what kept the child from becoming the program.
    failure: AtomicI32,
}

/// A program to start.
pub(super) struct Program<'a> {
    /// Program first; never empty. Without a slash it is looked up on the path.
    pub argv: &'a [CString],
    /// The whole environment, each as `NAME=value`.
    pub environment: &'a [CString],
    pub directory: &'a Path,
    pub input: BorrowedFd<'a>,
    /// Where both output streams go.
    pub output: BorrowedFd<'a>,
}

/// Enough for `execvpe`, which builds paths, and the arguments of a shell, on its stack.
const STACK: usize = 64 * 1024;

/// Starts the program as the leader of a process group of its own, which the kernel kills when the calling
/// thread dies. Returns its process id and a file descriptor that becomes readable when it ends.
pub(super) fn clone_exec(program: &Program) -> io::Result<(libc::pid_t, OwnedFd)> {
    let pointers = |strings: &[CString]| {
        strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect::<Vec<_>>()
    };
    let orders = Orders {
        argv: pointers(program.argv),
        environment: pointers(program.environment),
        directory: c_string(program.directory.as_os_str())?,
        input: program.input.as_raw_fd(),
        output: program.output.as_raw_fd(),
        // SAFETY: it only returns a number.
        parent: unsafe { libc::getpid() },
        failure: AtomicI32::new(0),
    };
    let (pid, exit) = clone(&orders)?;
    match orders.failure.load(Ordering::Relaxed) {
        0 => Ok((pid, exit)),
        failure => {
            // SAFETY: `pid` is our child and not reaped yet.
            unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
            Err(io::Error::from_raw_os_error(failure))
        }
    }
}

/// The string as C has it; it may not hold a zero byte.
pub(super) fn c_string(string: &OsStr) -> io::Result<CString> {
    Ok(CString::new(string.as_bytes())?)
}

fn clone(orders: &Orders) -> io::Result<(libc::pid_t, OwnedFd)> {
    let mut stack: Vec<u128> = Vec::with_capacity((STACK + 8 * orders.argv.len()) / size_of::<u128>());
    let top = stack.spare_capacity_mut().as_mut_ptr_range().end;
    let mut exit: c_int = -1;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
    let argument = ptr::from_ref(orders).cast_mut().cast::<c_void>();
    // SAFETY: the child runs on a stack of its own, and this thread waits until it no longer uses that or
    // `orders`. All signals are blocked until the child has given up the handlers of this process.
    let pid = unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let pid = libc::clone(become_program, top.cast(), flags, argument, &mut exit);
        let error = io::Error::last_os_error();
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
        if pid < 0 {
            return Err(error);
        }
        pid
    };
    // SAFETY: the kernel has just opened it for us.
    Ok((pid, unsafe { OwnedFd::from_raw_fd(exit) }))
}

/// The child. It makes system calls and nothing else, for it shares its memory with other threads at work.
extern "C" fn become_program(argument: *mut c_void) -> c_int {
    // SAFETY: `argument` is the `Orders` of `clone_exec`, which outlives this call.
    let orders = unsafe { &*argument.cast::<Orders>() };
    // SAFETY: all pointers are to strings and arrays that `orders` holds, each ended by a null.
    unsafe {
        if prepare(orders) {
            libc::execvpe(orders.argv[0], orders.argv.as_ptr(), orders.environment.as_ptr());
        }
        orders.failure.store(*libc::__errno_location(), Ordering::Relaxed);
        libc::_exit(127)
    }
}

/// Whether all went well; if not, `errno` says why.
unsafe fn prepare(orders: &Orders) -> bool {
    // SAFETY: these are system calls on numbers and on strings that `orders` holds.
    unsafe {
        reset_signals();
        let has_orders = libc::setpgid(0, 0) == 0
            && libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) == 0
            && libc::dup2(orders.input, 0) >= 0
            && libc::dup2(orders.output, 1) >= 0
            && libc::dup2(orders.output, 2) >= 0
            && libc::chdir(orders.directory.as_ptr()) == 0;
        // The runner may have died before the death signal was asked for.
        if libc::getppid() != orders.parent {
            libc::_exit(127);
        }
        has_orders
    }
}

/// Gives every signal back its default, but for those ignored on purpose (`nohup`), and unblocks all. The
/// standard library ignores SIGPIPE, which is none of the program's business.
unsafe fn reset_signals() {
    // SAFETY: the table of handlers is the child's own, a copy; the structures are plain data.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        for signal in 1..libc::SIGRTMIN() {
            let is_known = libc::sigaction(signal, ptr::null(), &mut action) == 0;
            let keeps = action.sa_sigaction == libc::SIG_DFL
                || (action.sa_sigaction == libc::SIG_IGN && signal != libc::SIGPIPE);
            if is_known && !keeps {
                action = std::mem::zeroed();
                libc::sigaction(signal, &action, ptr::null_mut());
            }
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut());
    }
}
