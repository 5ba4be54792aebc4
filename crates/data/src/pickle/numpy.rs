use super::machine::Machine;
use super::value::{Array, ElementType, Function, Handle, Value};

/// The function of that name, if it is one of the few that arrays are written with.
pub(super) fn function(module: &str, name: &str) -> Result<Function, String> {
    let module =
        module.strip_prefix("numpy._core.").or_else(|| module.strip_prefix("numpy.core.")).unwrap_or(module);
    match (module, name) {
        ("multiarray", "_reconstruct") => Ok(Function::Reconstruct),
        ("multiarray", "scalar") => Ok(Function::Scalar),
        ("numeric", "_frombuffer") => Ok(Function::FromBuffer),
        ("numpy", "ndarray") => Ok(Function::ArrayType),
        ("numpy", "dtype") => Ok(Function::ElementType),
        ("_codecs", "encode") => Ok(Function::Encode),
        _ => Err(format!("calls the Python function {module}.{name}, which is not run")),
    }
}

/// What a call of a function yields.
pub(super) fn call(machine: &mut Machine, function: Handle, arguments: Handle) -> Result<Value, String> {
    let Value::Function(function) = *machine.value(function) else {
        return Err("something that is no function is called".to_owned());
    };
    let arguments = machine.tuple(arguments)?.to_vec();
    match (function, arguments.as_slice()) {
        (Function::Reconstruct, [_, _, _]) => Ok(Value::Array(Array::default())),
        (Function::ElementType, [code, ..]) => element_type(machine, *code).map(Value::ElementType),
        (Function::FromBuffer, &[bytes, element, shape, order]) => {
            let c_order = matches!(machine.value(order), Value::Text(order) if order == "C");
            array(machine, shape, element, bytes, c_order).map(Value::Array)
        }
        (Function::Scalar, &[element, bytes]) => match (machine.value(element), machine.value(bytes)) {
            (Value::ElementType(element), Value::Bytes(bytes)) if bytes.len() == element.size => {
                Ok(Value::Integer(element.integer(bytes)))
            }
            _ => Err("a NumPy number is not as NumPy writes it".to_owned()),
        },
        (Function::Encode, [text, _]) => latin1(machine, *text),
        _ => Err(format!("{function:?} is called with unexpected arguments")),
    }
}

/// Fills what a call made: an array with `(version, shape, type, is_fortran, bytes)`, an element type with
/// `(version, byte order, …)`.
pub(super) fn build(machine: &mut Machine, target: Handle, state: Handle) -> Result<(), String> {
    let state = machine.tuple(state)?.to_vec();
    let filled = match (machine.value(target), state.as_slice()) {
        (Value::Array(_), &[_, shape, element, is_fortran, bytes]) => {
            let c_order = matches!(machine.value(is_fortran), Value::Bool(false) | Value::Integer(0));
            Value::Array(array(machine, shape, element, bytes, c_order)?)
        }
        (Value::ElementType(element), &[_, order, ..]) => {
            let big_endian = match machine.value(order) {
                Value::Text(order) => order == ">",
                Value::Bytes(order) => order == b">",
                _ => return Err("a NumPy type has no byte order".to_owned()),
            };
            Value::ElementType(ElementType { big_endian, ..*element })
        }
        _ => return Err("a Python object other than an array is filled".to_owned()),
    };
    machine.values[target.0] = filled;
    Ok(())
}

fn element_type(machine: &Machine, code: Handle) -> Result<ElementType, String> {
    let code = match machine.value(code) {
        Value::Text(code) => code.as_bytes(),
        Value::Bytes(code) => code,
        _ => return Err("a NumPy type has no name".to_owned()),
    };
    match code {
        [kind @ (b'u' | b'i'), size @ (b'1' | b'2' | b'4' | b'8')] => {
            Ok(ElementType { signed: *kind == b'i', size: usize::from(size - b'0'), big_endian: false })
        }
        _ => Err(format!("holds a NumPy array of type {:?}, not of integers", String::from_utf8_lossy(code))),
    }
}

/// An array from its parts. The bytes are moved out of their value.
fn array(
    machine: &mut Machine,
    shape: Handle,
    element: Handle,
    bytes: Handle,
    c_order: bool,
) -> Result<Array, String> {
    let shape = machine.tuple(shape)?.iter().map(|&length| match machine.value(length) {
        Value::Integer(length) => usize::try_from(*length).ok(),
        _ => None,
    });
    let shape: Vec<usize> = shape.collect::<Option<_>>().ok_or("an array has an impossible shape")?;
    let Value::ElementType(element) = *machine.value(element) else {
        return Err("an array has no element type".to_owned());
    };
    let expected = shape.iter().try_fold(element.size, |product, &length| product.checked_mul(length));
    let Value::Bytes(bytes) = &mut machine.values[bytes.0] else {
        return Err("an array has no bytes".to_owned());
    };
    if expected != Some(bytes.len()) {
        return Err(format!("an array of shape {shape:?} has {} bytes", bytes.len()));
    }
    if !c_order && shape.len() > 1 {
        return Err("an array is in Fortran order".to_owned());
    }
    Ok(Array { shape, element: Some(element), bytes: std::mem::take(bytes) })
}

fn latin1(machine: &Machine, text: Handle) -> Result<Value, String> {
    let Value::Text(text) = machine.value(text) else {
        return Err("bytes are not written as text".to_owned());
    };
    let bytes = text.chars().map(|character| u8::try_from(u32::from(character)).ok());
    bytes
        .collect::<Option<_>>()
        .map(Value::Bytes)
        .ok_or_else(|| "bytes are written beyond Latin-1".to_owned())
}
