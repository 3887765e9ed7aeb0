import CKatana

// Content that is no JSON. Whether there must be any is the route's `requiresContent`; what is optional is nil when
// the request has none.

extension RequestReader {
  /// Whether the request has content.
  @inlinable
  public var hasContent: Bool { kt_exchange_body(exchange).n > 0 }

  /// The content as text; it must be UTF-8.
  public mutating func text(
    minLength: Int = 0,
    maxLength: Int = .max,
    pattern: Pattern? = nil,
    format: StringFormat? = nil
  ) -> String? {
    guard let text = RawText(kt_exchange_body(exchange), .none).decoded(exchange) else {
      violations.append(Violation(pointer: "", .encoding, .integer(Int64(validSize))))
      return nil
    }
    var value = ParameterText(text)
    let result = value.string(minLength: minLength, maxLength: maxLength, pattern: pattern, format: format)
    for (code, bound) in value.log.findings { violations.append(Violation(pointer: "", code, bound)) }
    return result
  }

  private var validSize: Int {
    let body = kt_exchange_body(exchange)
    return kt_utf8_prefix(body.p, body.n)
  }

  /// The content as it is.
  ///
  /// - Parameters:
  ///   - minSize: bytes that it has at least.
  ///   - maxSize: bytes that it has at most; for a limit before content is read there is ``Route/contentSizeMax``.
  public mutating func bytes(minSize: Int = 0, maxSize: Int = .max) -> [UInt8] {
    let body = kt_exchange_body(exchange)
    if let (code, bound) = Violation.Code.broken(by: body.n, min: minSize, max: maxSize) {
      violations.append(
        Violation(pointer: "", code, .integer(Int64(bound)), detail: code.sentence(bytes: bound)))
      return []
    }
    return Array(UnsafeBufferPointer(start: body.p, count: body.n))
  }

  /// The content as the fields of a form: `application/x-www-form-urlencoded`. `body` returns nil only when it noted a
  /// violation. 413 beyond a limit.
  @inlinable
  public mutating func form<Value>(
    limits: FormLimits = FormLimits(),
    _ body: (inout ParameterMembers) -> Value?
  ) -> Value? {
    guard var members = formMembers(limits) else { return nil }
    let value = body(&members)
    violations += members.violations
    return value
  }

  /// The content as the parts of a form: `multipart/form-data`, wholly in memory. `body` returns nil only when it noted
  /// a violation. 400 when it is malformed, 413 beyond a limit.
  @inlinable
  public mutating func multipart<Value>(
    limits: MultipartLimits = MultipartLimits(),
    _ body: (inout ParameterMembers) -> Value?
  ) -> Value? {
    guard var members = multipartMembers(limits) else { return nil }
    let value = body(&members)
    violations += members.violations
    return value
  }

  @usableFromInline
  mutating func formMembers(_ limits: FormLimits) -> ParameterMembers? {
    var members = ParameterMembers(exchange, .content)
    var rest = kt_exchange_body(exchange)
    var name = kt_bytes()
    var value = kt_bytes()
    while kt_query_next(&rest, &name, &value) {
      if members.members.count >= limits.pairCountMax || name.n > limits.nameSizeMax || value.n > limits.valueSizeMax {
        refuse(413, "the form has more fields or longer ones than are read here")
        return nil
      }
      members.add(RawText(name, .form), RawText(value, .form))
    }
    return members
  }

  @usableFromInline
  mutating func multipartMembers(_ limits: MultipartLimits) -> ParameterMembers? {
    let type = kt_request_field(kt_exchange_request(exchange), KT_FIELD_CONTENT_TYPE)
    guard let machine = withUnsafePointer(to: limits.native, { kt_multipart_create(type, $0) }) else {
      refuse(503, "out of memory for the form")
      return nil
    }
    defer { kt_multipart_destroy(machine) }
    var members = ParameterMembers(exchange, .content)
    var content = kt_bytes()
    var rest = kt_exchange_body(exchange)
    while true {
      var payload = kt_bytes()
      var consumed = 0
      let event = kt_multipart_feed(machine, rest.p, rest.n, &consumed, &payload)
      rest = kt_bytes(p: rest.p.map { $0 + consumed }, n: rest.n - consumed)
      switch event {
      case KT_MULTIPART_PART_BEGIN: content = kt_bytes(p: rest.p, n: 0)
      case KT_MULTIPART_PART_DATA:
        // The whole body lies in front of the machine, so that a part's runs adjoin in it. The payload itself may lie in
        // the machine: the start of what looked like a boundary.
        content.n += payload.n
      case KT_MULTIPART_PART_END:
        let head = kt_multipart_current(machine).pointee
        guard let name = kept(head.name) else {
          refuse(503, "out of memory for the form")
          return nil
        }
        let text = Text(start: content.p, count: content.n)
        var part = FormPart(fileName: kept(head.filename), contentType: kept(head.content_type), content: text)
        for field in UnsafeBufferPointer(start: head.fields, count: Int(head.field_count))
        where field.id != UInt16(KT_FIELD_CONTENT_TYPE.rawValue) {
          guard let name = kept(kt_bytes(p: field.name, n: Int(field.name_n))),
            let value = kept(kt_bytes(p: field.value, n: Int(field.value_n)))
          else {
            refuse(503, "out of memory for the form")
            return nil
          }
          part.fields.append((name, value))
        }
        members.parts.append(part)
        members.add(RawText(name, .none), RawText(text, .none), part: members.parts.count - 1)
      case KT_MULTIPART_END: continue
      case KT_MULTIPART_MORE:
        if kt_multipart_finish(machine) == KT_MULTIPART_END { return members }
        fallthrough
      default:
        refuse(kt_multipart_status(machine), kt_multipart_reason(machine).map { String(cString: $0) } ?? "")
        return nil
      }
    }
  }

  /// A copy in the arena, because the machine goes before the handler.
  private func kept(_ bytes: kt_bytes) -> Text? {
    guard bytes.p != nil, let memory = kt_exchange_alloc(exchange, bytes.n) else { return nil }
    memcpy(memory, bytes.p, bytes.n)
    return Text(start: memory.assumingMemoryBound(to: UInt8.self), count: bytes.n)
  }
}

extension ParameterMembers {
  /// A file of a multipart form. Nil when it is absent.
  ///
  /// - Parameter types: media types and ranges, with commas between, that it may have; any when nil.
  public mutating func file(
    _ name: StaticString,
    isRequired: Bool,
    types: StaticString? = nil,
    minSize: Int = 0,
    maxSize: Int = .max
  ) -> UploadedFile? {
    let found = takeParts(name)
    if found.count > 1 {
      violate(name, .repeated)
      return nil
    }
    guard let part = found.first else {
      if isRequired { violate(name, .required) }
      return nil
    }
    keep(name, .file(size: part.content.count))
    return file(name, part, types, minSize, maxSize)
  }

  /// Files with the same name. Nil when there is none.
  public mutating func files(
    _ name: StaticString,
    isRequired: Bool,
    types: StaticString? = nil,
    minItems: Int = 0,
    maxItems: Int = .max,
    isUnique: Bool = false,
    minSize: Int = 0,
    maxSize: Int = .max
  ) -> [UploadedFile]? {
    let found = takeParts(name)
    if found.isEmpty {
      if isRequired { violate(name, .required) }
      return nil
    }
    if found.count < minItems { violate(name, .minItems, .integer(Int64(minItems))) }
    if found.count > maxItems { violate(name, .maxItems, .integer(Int64(maxItems))) }
    var files: [UploadedFile] = []
    for part in found.prefix(maxItems) { files.append(file(name, part, types, minSize, maxSize)) }
    if isUnique, Set(files.map(\.bytes)).count < files.count { violate(name, .uniqueItems) }
    keep(name, .items(found.map { .file(size: $0.content.count) }))
    return files
  }

  /// All parts that were not asked for, by name: `additionalProperties` that are files. To be called last.
  public mutating func additionalFiles(minSize: Int = 0, maxSize: Int = .max) -> [String: UploadedFile] {
    var result: [String: UploadedFile] = [:]
    for index in members.indices where !members[index].isTaken {
      guard let part = members[index].part else { continue }
      members[index].isTaken = true
      let name = String(decoding: members[index].name, as: UTF8.self)
      let content = parts[part].content
      if let rule = Violation.Code.broken(by: content.count, min: minSize, max: maxSize) { violate(name, rule) }
      if isKeeping { kept.append((members[index].name, .file(size: content.count))) }
      if result.updateValue(UploadedFile(parts[part]), forKey: name) != nil { violate(name, .repeated) }
    }
    return result
  }

  /// Notes a violation for each part of this name that states another media type than `types` has, media types and
  /// ranges with commas between. A part that states none passes: most clients write none for what is no file.
  public mutating func checkTypes(_ name: StaticString, _ types: StaticString) {
    for member in members where member.name.isEqual(to: name) {
      guard let index = member.part, let stated = parts[index].contentType else { continue }
      if MediaRange(stated[...]).flatMap({ MediaTypeList.index(of: $0, in: types) }) == nil {
        violate(name, .type, .text(types))
      }
    }
  }

  /// A field in the head of a member's part. Nil when the part or the field is absent; only of a part that is there the
  /// field can be missing.
  public mutating func field<Value>(
    _ field: StaticString, of name: StaticString, isRequired: Bool, _ value: (inout ParameterText) -> Value
  ) -> Value? {
    takeParts(name).first.flatMap { self.field(field, name, $0, isRequired, value) }
  }

  /// The same for each part of a name, in order. Nil when there is none.
  public mutating func fields<Value>(
    _ field: StaticString, of name: StaticString, isRequired: Bool, _ value: (inout ParameterText) -> Value
  ) -> [Value?]? {
    let parts = takeParts(name)
    return parts.isEmpty ? nil : parts.map { self.field(field, name, $0, isRequired, value) }
  }

  private mutating func field<Value>(
    _ field: StaticString, _ name: StaticString, _ part: FormPart, _ isRequired: Bool,
    _ value: (inout ParameterText) -> Value
  ) -> Value? {
    let found = part.fields.filter { $0.name.isEqual(ignoringCaseOf: field) }
    guard let first = found.first else {
      if isRequired { violate(name, field: field.description, .required) }
      return nil
    }
    if found.count > 1 {
      violate(name, field: field.description, .repeated)
      return nil
    }
    guard let text = RawText(first.value, .none).decoded(exchange) else {
      violate(name, field: field.description, .encoding)
      return nil
    }
    var reader = ParameterText(text)
    reader.exchange = exchange
    let result = value(&reader)
    for (place, code, bound) in reader.log.located { violate(name, field: "\(field)\(place)", code, bound) }
    return result
  }

  private mutating func file(
    _ name: StaticString,
    _ part: FormPart,
    _ types: StaticString?,
    _ minSize: Int,
    _ maxSize: Int
  ) -> UploadedFile {
    if let rule = Violation.Code.broken(by: part.content.count, min: minSize, max: maxSize) {
      violate(name.description, rule)
    }
    if let types {
      let type = part.contentType.flatMap { MediaRange($0[...]) }
      if type.flatMap({ MediaTypeList.index(of: $0, in: types) }) == nil { violate(name, .type, .text(types)) }
    }
    return UploadedFile(part)
  }
}
