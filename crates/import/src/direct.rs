use crate::{
    command::{Command, Task},
    shell::{self, Replacement},
};

/// The command for the project folder, where the files of the project lie as ever and all else is named by
/// references; `None` if it does not name all of it.
pub(crate) fn write(task: &Task<'_>) -> Option<Command> {
    let is_copied = task.linked.outputs.iter().any(|output| output.copied_from.is_some());
    if is_copied || !task.params_files.is_empty() {
        return None;
    }
    let inputs = task.linked.inputs.iter().filter(|input| input.is_output);
    let inputs = inputs.map(|input| (input.path.clone(), format!("inputs.{}", input.name)));
    let outputs = task.linked.outputs.iter();
    let outputs = outputs.map(|output| (output.path.clone(), format!("outputs.{}", output.name)));
    let paths: Vec<(String, String)> = inputs.chain(outputs).collect();
    let replace = |in_shell: bool| -> Option<Vec<String>> {
        let replaced: Vec<Replacement> = task
            .commands
            .iter()
            .map(|command| shell::replace_paths(command, task.wdir, &paths, in_shell))
            .collect();
        let is_named = |path: usize| replaced.iter().any(|one| one.found[path]);
        (0..paths.len()).all(is_named).then(|| replaced.into_iter().map(|one| one.command).collect())
    };
    let plain = replace(false)?;
    let is_word = |reference: &str| {
        let texts = task.values.get(reference).map(Vec::as_slice).unwrap_or_default();
        texts
            .iter()
            .find(|text| crate::arguments::quoted(text) != **text)
            .cloned()
            .unwrap_or_else(|| "x".to_owned())
    };
    if let ([only], true) = (plain.as_slice(), task.wdir.is_empty())
        && shell::is_plain(&task.commands[0], &is_word)
    {
        return Some(Command { run: only.clone(), is_shell: false, has_workspace: false });
    }
    let mut lines = Vec::new();
    if !task.wdir.is_empty() {
        lines.push(format!("cd {}", shell::word(task.wdir)));
    }
    lines.extend(shell::lines(&replace(true)?, false));
    if lines.len() > 1 {
        lines.insert(0, "set -e".to_owned());
    }
    let is_long = lines.len() > 1;
    let run = lines.join("\n") + if is_long { "\n" } else { "" };
    Some(Command { run, is_shell: true, has_workspace: false })
}
