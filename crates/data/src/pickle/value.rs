/// Where a value is kept. Values are shared, as Python's are: a list that was stored grows everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handle(pub(super) usize);

/// A value of a pickle.
#[derive(Debug)]
pub(super) enum Value {
    None,
    Bool(bool),
    Integer(i64),
    /// Python 2's strings are bytes too.
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Handle>),
    Tuple(Vec<Handle>),
    Dict(Vec<(Handle, Handle)>),
    Function(Function),
    ElementType(ElementType),
    Array(Array),
}

/// The functions that a pickle may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// `numpy.core.multiarray._reconstruct(ndarray, (0,), b"b")`: an array to be filled.
    Reconstruct,
    /// `numpy.core.numeric._frombuffer(bytes, dtype, shape, order)`.
    FromBuffer,
    /// `numpy.core.multiarray.scalar(dtype, bytes)`.
    Scalar,
    /// The type `numpy.ndarray`.
    ArrayType,
    /// `numpy.dtype(code, align, copy)`.
    ElementType,
    /// `_codecs.encode(text, "latin1")`: how Python 3 writes bytes in protocol 2.
    Encode,
}

/// The type of a NumPy array's elements: an integer of `size` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ElementType {
    pub(super) signed: bool,
    pub(super) size: usize,
    pub(super) big_endian: bool,
}

impl ElementType {
    /// The integer that `size` bytes hold; unsigned integers beyond i64 wrap.
    pub(super) fn integer(self, bytes: &[u8]) -> i64 {
        let mut value = if self.big_endian {
            bytes.iter().fold(0_u64, |value, &byte| value << 8 | u64::from(byte))
        } else {
            bytes.iter().rev().fold(0_u64, |value, &byte| value << 8 | u64::from(byte))
        };
        let unused = 64 - 8 * bytes.len() as u32;
        value <<= unused;
        if self.signed { (value as i64) >> unused } else { (value >> unused) as i64 }
    }
}

/// A NumPy array in C order whose bytes are known to fit its shape.
#[derive(Debug, Default)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    /// `None` until the array is filled.
    pub(super) element: Option<ElementType>,
    pub(super) bytes: Vec<u8>,
}

/// A pickle that was read: its values, and which of them is the outermost.
#[derive(Debug)]
pub(crate) struct Pickle {
    pub(super) values: Vec<Value>,
    pub(super) root: Handle,
}

impl Pickle {
    /// The value under a key of the outermost dict.
    pub(crate) fn entry(&self, key: &str) -> Result<Handle, String> {
        let Value::Dict(entries) = self.value(self.root) else {
            return Err("does not hold a dict".to_owned());
        };
        let found = entries.iter().rev().find(|(name, _)| self.text(*name).is_some_and(|name| name == key));
        found.map(|(_, value)| *value).ok_or_else(|| format!("has no entry {key:?}"))
    }

    /// A two-dimensional array of bytes: rows, columns, and the bytes, which are moved out.
    pub(crate) fn take_byte_matrix(&mut self, handle: Handle) -> Result<(usize, usize, Vec<u8>), String> {
        let Value::Array(Array { shape, element: Some(element), bytes }) = &mut self.values[handle.0] else {
            return Err("is not a NumPy array".to_owned());
        };
        match (shape.as_slice(), element.signed, element.size) {
            (&[rows, columns], false, 1) => Ok((rows, columns, std::mem::take(bytes))),
            _ => Err(format!("is not a matrix of bytes: its shape is {shape:?}")),
        }
    }

    /// The integers of a list or of a one-dimensional array.
    pub(crate) fn integers(&self, handle: Handle) -> Result<Vec<i64>, String> {
        match self.value(handle) {
            Value::List(items) => items.iter().map(|&item| self.integer(item)).collect(),
            Value::Array(Array { shape, element: Some(element), bytes }) if shape.len() == 1 => {
                Ok(bytes.chunks_exact(element.size).map(|bytes| element.integer(bytes)).collect())
            }
            _ => Err("is neither a list nor a one-dimensional array".to_owned()),
        }
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, handle: Handle) -> Result<Vec<String>, String> {
        let Value::List(items) = self.value(handle) else {
            return Err("is not a list".to_owned());
        };
        let text = |&item| self.text(item).map(str::to_owned).ok_or("holds something that is not text");
        items.iter().map(text).collect::<Result<_, _>>().map_err(str::to_owned)
    }

    fn integer(&self, handle: Handle) -> Result<i64, String> {
        match self.value(handle) {
            Value::Integer(integer) => Ok(*integer),
            _ => Err("holds something that is not an integer".to_owned()),
        }
    }

    fn text(&self, handle: Handle) -> Option<&str> {
        match self.value(handle) {
            Value::Text(text) => Some(text),
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    fn value(&self, handle: Handle) -> &Value {
        &self.values[handle.0]
    }
}
