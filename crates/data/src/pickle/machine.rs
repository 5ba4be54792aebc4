use super::input::{Input, text};
use super::numpy;
use super::value::{Handle, Pickle, Value};
use std::collections::HashMap;

/// More values than any of these files hold; a bound on the memory that a hostile file can take.
const MOST_VALUES: usize = 4_000_000;

/// The instruction that a pickle begins with.
const PROTOCOL: u8 = 0x80;

/// Reads a pickle. `Err` holds what is wrong with it.
pub(crate) fn load(bytes: &[u8]) -> Result<Pickle, String> {
    if bytes.first() != Some(&PROTOCOL) {
        return Err("is not a pickle of protocol 2 or later".to_owned());
    }
    let mut machine = Machine::default();
    let mut input = Input::new(bytes);
    while machine.step(&mut input)? == Step::GoOn {}
    let root = machine.pop()?;
    Ok(Pickle { values: machine.values, root })
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    GoOn,
    Stop,
}

#[derive(Default)]
pub(super) struct Machine {
    pub(super) values: Vec<Value>,
    stack: Vec<Handle>,
    /// Where the stack was when each open mark was set.
    marks: Vec<usize>,
    memo: HashMap<u32, Handle>,
}

impl Machine {
    /// Runs one instruction.
    fn step(&mut self, input: &mut Input<'_>) -> Result<Step, String> {
        let opcode = input.byte()?;
        match opcode {
            b'.' => return Ok(Step::Stop),
            PROTOCOL => check_protocol(input.byte()?)?,
            0x95 => drop(input.array::<8>()?), // FRAME: how much to read ahead.
            b'(' => self.marks.push(self.stack.len()),
            b'q' | b'r' | b'h' | b'j' | 0x94 => self.memoize_or_recall(opcode, input)?,
            b'a' | b'e' | b's' | b'u' => self.fill(opcode)?,
            b'c' | 0x93 | b'R' | b'b' => self.call(opcode, input)?,
            b't' | 0x85..=0x87 => {
                let items = match opcode {
                    b't' => self.pop_to_mark()?,
                    _ => self.pop_many(usize::from(opcode - 0x84))?,
                };
                self.push(Value::Tuple(items))?;
            }
            _ => {
                let value = constant(opcode, input)?;
                self.push(value)?;
            }
        }
        Ok(Step::GoOn)
    }

    /// PUT, GET and MEMOIZE, which lets a pickle use a value again.
    fn memoize_or_recall(&mut self, opcode: u8, input: &mut Input<'_>) -> Result<(), String> {
        let index = match opcode {
            b'q' | b'h' => u32::from(input.byte()?),
            b'r' | b'j' => u32::from_le_bytes(input.array()?),
            _ => self.memo.len() as u32,
        };
        if matches!(opcode, b'h' | b'j') {
            let value = *self.memo.get(&index).ok_or("a value that was not stored is used")?;
            self.stack.push(value);
        } else {
            self.memo.insert(index, self.top()?);
        }
        Ok(())
    }

    /// APPEND, APPENDS, SETITEM and SETITEMS: puts values into the list or dict beneath them.
    fn fill(&mut self, opcode: u8) -> Result<(), String> {
        let items = match opcode {
            b'a' => self.pop_many(1)?,
            b's' => self.pop_many(2)?,
            _ => self.pop_to_mark()?,
        };
        let container = self.top()?;
        match (opcode, &mut self.values[container.0]) {
            (b'a' | b'e', Value::List(list)) => list.extend(items),
            (b's' | b'u', Value::Dict(dict)) if items.len() % 2 == 0 => {
                dict.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            }
            _ => return Err("values are put into something that is no list or dict".to_owned()),
        }
        Ok(())
    }

    /// GLOBAL and STACK_GLOBAL name a function, REDUCE calls it, BUILD fills what it made.
    fn call(&mut self, opcode: u8, input: &mut Input<'_>) -> Result<(), String> {
        match opcode {
            b'c' => {
                let (module, name) = (input.line()?, input.line()?);
                self.push(Value::Function(numpy::function(module, name)?))
            }
            0x93 => {
                let pair = self.pop_many(2)?;
                let (Value::Text(module), Value::Text(name)) = (self.value(pair[0]), self.value(pair[1]))
                else {
                    return Err("a function is named by something that is not text".to_owned());
                };
                let function = numpy::function(module, name)?;
                self.push(Value::Function(function))
            }
            b'R' => {
                let pair = self.pop_many(2)?;
                let value = numpy::call(self, pair[0], pair[1])?;
                self.push(value)
            }
            _ => {
                let state = self.pop()?;
                numpy::build(self, self.top()?, state)
            }
        }
    }

    pub(super) fn value(&self, handle: Handle) -> &Value {
        &self.values[handle.0]
    }

    /// The items of a tuple.
    pub(super) fn tuple(&self, handle: Handle) -> Result<&[Handle], String> {
        match self.value(handle) {
            Value::Tuple(items) => Ok(items),
            _ => Err("a tuple is missing".to_owned()),
        }
    }

    fn push(&mut self, value: Value) -> Result<(), String> {
        if self.values.len() == MOST_VALUES {
            return Err(format!("holds more than {MOST_VALUES} values"));
        }
        self.stack.push(Handle(self.values.len()));
        self.values.push(value);
        Ok(())
    }

    fn top(&self) -> Result<Handle, String> {
        self.stack.last().copied().ok_or_else(missing)
    }

    fn pop(&mut self) -> Result<Handle, String> {
        self.stack.pop().ok_or_else(missing)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Handle>, String> {
        let start = self.stack.len().checked_sub(count).ok_or_else(missing)?;
        Ok(self.stack.split_off(start))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Handle>, String> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len()).ok_or_else(missing)?;
        Ok(self.stack.split_off(mark))
    }
}

fn check_protocol(protocol: u8) -> Result<(), String> {
    match protocol {
        2..=5 => Ok(()),
        _ => Err(format!("is a pickle of protocol {protocol}, of which only 2 to 5 are read")),
    }
}

/// The value that an instruction pushes by itself.
fn constant(opcode: u8, input: &mut Input<'_>) -> Result<Value, String> {
    Ok(match opcode {
        b'N' => Value::None,
        0x88 => Value::Bool(true),
        0x89 => Value::Bool(false),
        b'K' => Value::Integer(i64::from(input.byte()?)),
        b'M' => Value::Integer(i64::from(u16::from_le_bytes(input.array()?))),
        b'J' => Value::Integer(i64::from(i32::from_le_bytes(input.array()?))),
        0x8a => Value::Integer(long(input.counted::<1>()?)?),
        b'U' | b'C' => Value::Bytes(input.counted::<1>()?.to_vec()),
        b'T' | b'B' => Value::Bytes(input.counted::<4>()?.to_vec()),
        0x8e | 0x96 => Value::Bytes(input.counted::<8>()?.to_vec()),
        0x8c => Value::Text(text(input.counted::<1>()?)?.to_owned()),
        b'X' => Value::Text(text(input.counted::<4>()?)?.to_owned()),
        0x8d => Value::Text(text(input.counted::<8>()?)?.to_owned()),
        b']' => Value::List(Vec::new()),
        b'}' => Value::Dict(Vec::new()),
        b')' => Value::Tuple(Vec::new()),
        _ => {
            return Err(format!("holds more than numbers, text and arrays (opcode {opcode:#04x})"));
        }
    })
}

/// A little-endian integer in two's complement, as short as it can be.
fn long(bytes: &[u8]) -> Result<i64, String> {
    let mut filled = if bytes.last().is_some_and(|last| last & 0x80 != 0) { [0xff; 8] } else { [0; 8] };
    filled.get_mut(..bytes.len()).ok_or("holds an integer of more than 64 bits")?.copy_from_slice(bytes);
    Ok(i64::from_le_bytes(filled))
}

fn missing() -> String {
    "the pickle uses a value that is not there".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Written by `tests/golden/pickles.py`.
    const NUMPY: [&[u8]; 4] = [
        include_bytes!("../../tests/golden/numpy_protocol_2.pickle"),
        include_bytes!("../../tests/golden/numpy_protocol_3.pickle"),
        include_bytes!("../../tests/golden/numpy_protocol_4.pickle"),
        include_bytes!("../../tests/golden/numpy_protocol_5.pickle"),
    ];

    /// As Python 2's `cPickle` writes `{'data': array, 'labels': [1, 2]}`.
    const PYTHON_2: &[u8] = b"\x80\x02}q\x01(U\x06labelsq\x02]q\x03(K\x01K\x02eU\x04dataq\x04\
        cnumpy.core.multiarray\n_reconstruct\nq\x05cnumpy\nndarray\nq\x06K\x00\x85U\x01b\x87Rq\x07(K\x01K\x02K\x01\
        \x86cnumpy\ndtype\nq\x08U\x02u1K\x00K\x01\x87Rq\x09(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00\
        tb\x89U\x02\x07\x08tbu.";

    fn reason(pickle: &[u8]) -> String {
        load(pickle).map(|_| ()).unwrap_err()
    }

    #[test]
    fn every_protocol_gives_the_same_values() {
        for pickle in NUMPY {
            let mut pickle = load(pickle).unwrap();
            let get = |key| pickle.entry(key).unwrap();
            let (data, big_endian) = (get("data"), get("big_endian"));
            assert_eq!(pickle.integers(get("labels")).unwrap(), [6, 300, 70000, -1, 1 << 40]);
            assert_eq!(pickle.integers(get("numbers")).unwrap(), [9, -3]);
            assert_eq!(pickle.integers(big_endian).unwrap(), [1, -2]);
            assert_eq!(pickle.texts(get("names")).unwrap(), ["cat", "dog"]);
            assert_eq!(pickle.take_byte_matrix(data).unwrap(), (2, 3, vec![0, 1, 2, 3, 4, 5]));
            assert_eq!(pickle.entry("absent").unwrap_err(), "has no entry \"absent\"");
        }
    }

    #[test]
    fn python_2_is_read() {
        let mut pickle = load(PYTHON_2).unwrap();
        assert_eq!(pickle.integers(pickle.entry("labels").unwrap()).unwrap(), [1, 2]);
        let data = pickle.entry("data").unwrap();
        assert_eq!(pickle.take_byte_matrix(data).unwrap(), (2, 1, vec![7, 8]));
    }

    #[test]
    fn functions_are_never_run() {
        let reason = reason(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.");
        assert_eq!(reason, "calls the Python function os.system, which is not run");
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert_eq!(reason(b"hello"), "is not a pickle of protocol 2 or later");
        assert_eq!(reason(b""), "is not a pickle of protocol 2 or later");
        assert_eq!(reason(b"\x80\x07N."), "is a pickle of protocol 7, of which only 2 to 5 are read");
        assert_eq!(reason(b"\x80\x02G\x00"), "holds more than numbers, text and arrays (opcode 0x47)");
        assert_eq!(reason(b"\x80\x02."), "the pickle uses a value that is not there");
        assert_eq!(reason(b"\x80\x02T\xff\xff\xff\xffab."), "the pickle is cut off");
    }

    #[test]
    fn every_truncation_is_an_error() {
        for pickle in NUMPY.into_iter().chain([PYTHON_2]) {
            for length in 0..pickle.len() {
                assert!(load(&pickle[..length]).is_err(), "{length} of {} bytes", pickle.len());
            }
        }
    }

    /// Reads everything that could be in a pickle, so that no accessor goes unexercised.
    fn read_all(bytes: &[u8]) {
        let Ok(mut pickle) = load(bytes) else { return };
        for index in 0..pickle.values.len() {
            let handle = Handle(index);
            let _ = (pickle.integers(handle), pickle.texts(handle), pickle.take_byte_matrix(handle));
        }
        let _ = pickle.entry("data");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            read_all(&bytes);
        }

        #[test]
        fn changed_pickles_never_panic(
            which in 0_usize..5,
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let mut bytes = NUMPY.get(which).copied().unwrap_or(PYTHON_2).to_vec();
            for (index, byte) in changes {
                let position = index.index(bytes.len());
                bytes[position] = byte;
            }
            read_all(&bytes);
        }
    }
}
