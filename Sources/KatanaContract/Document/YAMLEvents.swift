import CYAML

/// One event of libyaml, copied out of C memory.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd, sequenceEnd, mappingEnd
    case alias(String)
    case scalar(text: String, style: Scalar.Style)
    case sequenceStart
    case mappingStart
  }

  let kind: Kind
  let location: Location
  /// Of scalars and collections.
  var anchor: String?
  var tag: String?
}

/// Pulls events out of libyaml. Owns the C parser; the bytes belong to the source file and outlive it.
final class YAMLEvents {
  private let source: SourceFile
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>
  private let skippedBytes: Int

  init(source: SourceFile) {
    self.source = source
    skippedBytes = source.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    // A copy: libyaml keeps the pointer across calls, which an array does not promise.
    input = .allocate(capacity: source.bytes.count - skippedBytes)
    _ = input.initialize(from: source.bytes.dropFirst(skippedBytes))
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else { fatalError("libyaml could not allocate its parser") }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  func next() throws(SyntaxError) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&event) }
    let location = location(event.start_mark)
    switch event.type {
    case YAML_STREAM_START_EVENT: return YAMLEvent(kind: .streamStart, location: location)
    case YAML_STREAM_END_EVENT: return YAMLEvent(kind: .streamEnd, location: location)
    case YAML_DOCUMENT_START_EVENT: return YAMLEvent(kind: .documentStart, location: location)
    case YAML_DOCUMENT_END_EVENT: return YAMLEvent(kind: .documentEnd, location: location)
    case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .sequenceEnd, location: location)
    case YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .mappingEnd, location: location)
    case YAML_ALIAS_EVENT:
      return YAMLEvent(kind: .alias(text(event.data.alias.anchor) ?? ""), location: location)
    case YAML_SCALAR_EVENT: return scalarEvent(event.data.scalar, location)
    case YAML_SEQUENCE_START_EVENT:
      let data = event.data.sequence_start
      return YAMLEvent(kind: .sequenceStart, location: location, anchor: text(data.anchor), tag: text(data.tag))
    case YAML_MAPPING_START_EVENT:
      let data = event.data.mapping_start
      return YAMLEvent(kind: .mappingStart, location: location, anchor: text(data.anchor), tag: text(data.tag))
    default: fatalError("libyaml produced an event of an unknown type: \(event.type)")
    }
  }

  private func scalarEvent(_ data: yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar, _ location: Location)
    -> YAMLEvent
  {
    let value = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
    let style: Scalar.Style =
      switch data.style {
      case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
      case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
      case YAML_LITERAL_SCALAR_STYLE: .literal
      case YAML_FOLDED_SCALAR_STYLE: .folded
      default: .plain
      }
    return YAMLEvent(
      kind: .scalar(text: value, style: style),
      location: location,
      anchor: text(data.anchor),
      tag: text(data.tag)
    )
  }

  private func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? { bytes.map { String(cString: $0) } }

  private func location(_ mark: yaml_mark_t) -> Location {
    Location(source: source, line: mark.line + 1, column: mark.column + 1)
  }

  /// For the slips libyaml's own words explain badly.
  private static func remedy(_ problem: String) -> String? {
    switch problem {
    case "found character that cannot start any token":
      "indent with spaces, not tabs; quote text that begins with a special character"
    case "mapping values are not allowed in this context":
      "quote text that holds ': ', and check the indentation of this line"
    default: nil
    }
  }

  private func syntaxError() -> SyntaxError {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "the parser ran out of memory"
    switch parser.pointee.error {
    case YAML_READER_ERROR:
      let offset = parser.pointee.problem_offset + skippedBytes
      return SyntaxError(rule: .yamlSyntax, location: source.location(atByte: offset), message: problem)
    default:
      var message = problem
      if let context = parser.pointee.context {
        message += ", \(String(cString: context)) that begins at line \(parser.pointee.context_mark.line + 1)"
      }
      return SyntaxError(
        rule: .yamlSyntax,
        location: location(parser.pointee.problem_mark),
        message: message,
        remedy: Self.remedy(problem)
      )
    }
  }
}
