//! Ends a program at an exact point of its work: right before its n-th system call that changes something. A
//! delay would hit a handful of moments again and again, and others on another machine; this can hit each.

use std::{
    io,
    mem::MaybeUninit,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

/// How a program that was traced came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traced {
    /// How many system calls that change something it made, or was about to make.
    pub changes: usize,
    /// Whether it was killed before the last of them.
    pub was_killed: bool,
}

/// Runs `command`, and kills it with SIGKILL before its `number`-th system call, from 1, that makes, changes or
/// removes a file, locks one, or starts, ends or awaits a process. All its threads count, the processes that it
/// starts do not. A number it never reaches lets it end by itself. Its output is thrown away.
///
/// # Errors
/// When it cannot be started, or this machine does not allow one process to trace another.
pub fn kill_before_change(command: &mut Command, number: usize) -> io::Result<Traced> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: between fork and exec only one system call is made.
    unsafe { command.pre_exec(|| trace(libc::PTRACE_TRACEME, 0, 0, 0)) };
    let leader = command.spawn()?.id() as libc::pid_t;
    wait_for(leader)?;
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACECLONE | libc::PTRACE_O_EXITKILL;
    trace(libc::PTRACE_SETOPTIONS, leader, 0, options as usize)?;
    resume(leader, 0);
    let mut traced = Traced { changes: 0, was_killed: false };
    loop {
        let (thread, status) = wait_for(-1)?;
        if !libc::WIFSTOPPED(status) {
            if thread == leader {
                return Ok(traced);
            }
            continue;
        }
        if is_change(thread, status) {
            traced.changes += 1;
            if traced.changes == number {
                traced.was_killed = true;
                // SAFETY: a plain system call; the process cannot have been reaped.
                unsafe { libc::kill(leader, libc::SIGKILL) };
                continue;
            }
        }
        resume(thread, signal_to_deliver(status));
    }
}

/// Stops of a system call, of a new thread and of the clone that made it are the tracer's own; all other
/// signals are meant for the program.
fn signal_to_deliver(status: libc::c_int) -> usize {
    match libc::WSTOPSIG(status) {
        signal if signal & !0x80 == libc::SIGTRAP || signal == libc::SIGSTOP => 0,
        signal => signal as usize,
    }
}

/// Whether the thread stands before a system call that changes something.
fn is_change(thread: libc::pid_t, status: libc::c_int) -> bool {
    if libc::WSTOPSIG(status) != libc::SIGTRAP | 0x80 {
        return false;
    }
    let mut info = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    let size = size_of::<libc::ptrace_syscall_info>();
    if trace(libc::PTRACE_GET_SYSCALL_INFO, thread, size, info.as_mut_ptr() as usize).is_err() {
        return false;
    }
    // SAFETY: zeroes are a valid value of it, and the kernel has filled it in.
    let info = unsafe { info.assume_init() };
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return false;
    }
    // SAFETY: at the entry of a system call, `entry` is the field that is filled in.
    let entry = unsafe { info.u.entry };
    match entry.nr as libc::c_long {
        libc::SYS_openat => entry.args[2] & (libc::O_CREAT | libc::O_TRUNC) as u64 != 0,
        number => CHANGES.contains(&number),
    }
}

const CHANGES: &[libc::c_long] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rmdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_link,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_symlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_utimensat,
    libc::SYS_ftruncate,
    libc::SYS_write,
    libc::SYS_pwrite64,
    libc::SYS_writev,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_ioctl,
    libc::SYS_flock,
    libc::SYS_fcntl,
    libc::SYS_syncfs,
    libc::SYS_fsync,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_kill,
    libc::SYS_wait4,
    libc::SYS_waitid,
];

/// A thread that is gone meanwhile needs no resuming.
fn resume(thread: libc::pid_t, signal: usize) {
    let _ = trace(libc::PTRACE_SYSCALL, thread, 0, signal);
}

/// Waits for a change of one thread, or of any that this thread of ours traces: other tests of this process
/// wait for children of their own.
fn wait_for(thread: libc::pid_t) -> io::Result<(libc::pid_t, libc::c_int)> {
    let mut status = 0;
    loop {
        // SAFETY: it writes one integer, which lives until it returns.
        match unsafe { libc::waitpid(thread, &raw mut status, libc::__WALL | libc::__WNOTHREAD) } {
            -1 => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error => return Err(error),
            },
            found => return Ok((found, status)),
        }
    }
}

fn trace(request: libc::c_uint, thread: libc::pid_t, address: usize, data: usize) -> io::Result<()> {
    // SAFETY: whoever passes an address passes one of a value that lives and is large enough.
    match unsafe { libc::ptrace(request, thread, address, data) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
