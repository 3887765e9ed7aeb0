import CKatana

extension MediaType {
  /// One JSON document in a line (jsonlines.org).
  public static let jsonLines: MediaType = "application/jsonl"
  /// The same by its older name.
  public static let newlineDelimitedJSON: MediaType = "application/x-ndjson"
  /// JSON text sequences (RFC 7464): a record separator before each document.
  public static let jsonSequence: MediaType = "application/json-seq"
}

extension Context {
  /// Sends the elements of a sequence as JSON documents, each in a line and each when it comes. One buffer serves all
  /// of them. When the client leaves, the task is cancelled, which ends the wait for the next one.
  ///
  /// - Parameter type: ``MediaType/jsonSequence`` puts a record separator before each.
  /// - Throws: What the sequence throws and ``UnencodableNumber``, after which the response is broken off;
  ///   ``RequestCancelled`` when the client left.
  @inlinable
  public nonisolated(nonsending) func respond<Values: AsyncSequence>(
    jsonLines values: Values,
    as type: MediaType = .jsonLines,
    status: Status = .ok
  ) async throws where Values.Element: JSONEncodable {
    try await respond(jsonLines: values, as: type, status: status) { $0.encode(to: &$1) }
  }

  /// The same for elements that `encode` writes.
  @inlinable
  public nonisolated(nonsending) func respond<Values: AsyncSequence>(
    jsonLines values: Values,
    as type: MediaType = .jsonLines,
    status: Status = .ok,
    _ encode: (Values.Element, inout JSONWriter) -> Void
  ) async throws {
    let writer = startResponse(as: type, status: status)
    let isSequence = type == .jsonSequence
    var json = JSONWriter()
    cancelWithClient()
    for try await value in values {
      json.removeAll()
      if isSequence { json.literal("\u{1E}") }
      encode(value, &json)
      if !json.isValid { throw UnencodableNumber() }
      json.literal("\n")
      try await writer.write(json.bytes)
    }
    try endOfElements()
    writer.finish()
  }

  /// Sends the elements of a sequence as server-sent events with JSON as their data.
  ///
  /// - Parameter describe: type and id of an event, where it has any.
  /// - Throws: As ``respond(jsonLines:as:status:)`` does.
  @inlinable
  public nonisolated(nonsending) func respond<Values: AsyncSequence>(
    jsonEvents values: Values,
    heartbeatMilliseconds: UInt32 = 15_000,
    _ describe: (Values.Element) -> (type: String?, id: String?) = { _ in (nil, nil) }
  ) async throws where Values.Element: JSONEncodable {
    try await respond(heartbeatMilliseconds, values) { value in
      let (type, id) = describe(value)
      return try ServerSentEvent(json: value, type: type, id: id)
    }
  }

  /// Sends the elements of a sequence as server-sent events with the JSON that `encode` writes as their data.
  ///
  /// - Throws: As ``respond(jsonLines:as:status:)`` does.
  @inlinable
  public nonisolated(nonsending) func respond<Values: AsyncSequence>(
    jsonEvents values: Values,
    heartbeatMilliseconds: UInt32 = 15_000,
    encode: (Values.Element, inout JSONWriter) -> Void
  ) async throws {
    try await respond(heartbeatMilliseconds, values) { value in
      var json = JSONWriter()
      encode(value, &json)
      if !json.isValid { throw UnencodableNumber() }
      return ServerSentEvent(data: json.text())
    }
  }

  /// Answers with bytes.
  @inlinable
  public func respond(_ bytes: [UInt8], as type: MediaType = .octetStream, status: Status = .ok) {
    respond(bytes.span.bytes, as: type, status: status)
  }
}

extension ServerSentEvent {
  /// An event whose data is JSON.
  ///
  /// - Throws: ``UnencodableNumber``.
  public init(json value: some JSONEncodable, type: String? = nil, id: String? = nil) throws(UnencodableNumber) {
    var json = JSONWriter()
    value.encode(to: &json)
    if !json.isValid { throw UnencodableNumber() }
    self.init(data: json.text(), type: type, id: id)
  }
}
