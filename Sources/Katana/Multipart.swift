import CKatana

/// A multipart/form-data body (RFC 7578), part by part while it arrives.
///
/// ```swift
/// router.stream(.post, "/photos") { context in
///   let multipart = try context.multipart()
///   var title = "untitled"
///   while let part = try await multipart.nextPart() {
///     switch part.name {
///     case "title": title = try await part.text(sizeMax: 200)
///     case "photo":
///       let photo = try Photo.create()
///       while let chunk = try await part.nextChunk() { try photo.append(chunk) }
///     default: break  // what is not read is skipped
///     }
///   }
///   context.respond(title, status: .created)
/// }
/// ```
///
/// Nothing is kept but the head of one part: a file of any size passes through the connection's buffer. Large ones need
/// larger limits: ``Route/contentSizeMax``, ``Route/deadlineMilliseconds`` and ``MultipartLimits``.
public struct Multipart: ~Escapable {
  let reader: MultipartReader

  @_lifetime(immortal)
  init(_ reader: MultipartReader) { self.reader = reader }

  /// The next part, or nil when the body is complete. What is left of the part before is skipped.
  ///
  /// - Throws: ``Problem`` with 400 for a malformed body, 413 beyond a limit, 415 for a part in an encoding of mail;
  ///   ``RequestCancelled`` when the body cannot be completed.
  @_lifetime(copy self)
  public nonisolated(nonsending) func nextPart() async throws -> Part? {
    guard try await reader.beginPart() else { return nil }
    return Part(reader)
  }

  /// A part of the body, to be read before the next one is asked for.
  public struct Part: ~Escapable {
    /// Name of the form's field; it may be empty and may come more than once. As sent: browsers and curl write a quote
    /// as `%22`, and so could a name that has these three characters.
    public let name: String
    /// What the client calls the file, or nil when the part is none. As sent: it may hold slashes and dots, so it is
    /// never a path to open.
    public let fileName: String?
    /// The media type that the client states; text/plain when nil (RFC 7578 §4.4).
    public let contentType: String?
    /// The part's field lines but Content-Disposition, in order.
    public let fields: [(name: String, value: String)]

    private let reader: MultipartReader
    private let number: Int

    @_lifetime(immortal)
    init(_ reader: MultipartReader) {
      let head = reader.head
      name = head.name.text ?? ""
      fileName = head.filename.text
      contentType = head.content_type.text
      fields = UnsafeBufferPointer(start: head.fields, count: Int(head.field_count)).map {
        (
          kt_bytes(p: $0.name, n: Int($0.name_n)).text ?? "",
          kt_bytes(p: $0.value, n: Int($0.value_n)).text ?? ""
        )
      }
      self.reader = reader
      number = reader.number
    }

    /// The next piece of the part's content, or nil at its end. The bytes are those of the connection's buffer: the
    /// next call overwrites them.
    ///
    /// - Throws: as ``Multipart/nextPart()`` does.
    /// - Precondition: the next part was not asked for yet.
    @_lifetime(borrow self)
    public nonisolated(nonsending) func nextChunk() async throws -> RawSpan? {
      guard let bytes = try await nextBytes() else { return nil }
      // They lie in the connection's buffer, which stays with the exchange, or in the machine, which stays with self.
      return unsafe _overrideLifetime(bytes.bytes, borrowing: self)
    }

    /// What is left of the part's content.
    ///
    /// - Throws: as ``Multipart/nextPart()`` does; ``Problem`` with 413 when it has more than `sizeMax` bytes.
    /// - Precondition: the next part was not asked for yet.
    public nonisolated(nonsending) func bytes(sizeMax: Int) async throws -> [UInt8] {
      var whole: [UInt8] = []
      while let bytes = try await nextBytes() {
        if bytes.count > sizeMax - whole.count {
          throw Problem(.contentTooLarge, detail: "part '\(name)' has more than \(sizeMax) bytes")
        }
        whole.append(contentsOf: bytes)
      }
      return whole
    }

    /// What is left of the part's content as text.
    ///
    /// - Throws: as ``bytes(sizeMax:)`` does; ``Problem`` with 400 when it is not UTF-8.
    /// - Precondition: the next part was not asked for yet.
    public nonisolated(nonsending) func text(sizeMax: Int = 64 << 10) async throws -> String {
      let bytes = try await bytes(sizeMax: sizeMax)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw Problem(.badRequest, detail: "part '\(name)' is not UTF-8")
      }
      return text
    }

    private nonisolated(nonsending) func nextBytes() async throws -> UnsafeRawBufferPointer? {
      precondition(number == reader.number, "the part was left for the next one")
      return try await reader.nextBytes()
    }
  }
}

/// What a multipart body may hold; 413 beyond.
public struct MultipartLimits: Sendable {
  /// Bytes of the whole body, with what stands before and behind the parts.
  public var bodySizeMax = 10 << 20
  /// Bytes of one part's content.
  public var partSizeMax = 10 << 20
  /// A part is cheap to send and may cost an object, a file, a row.
  public var partCountMax = Int(KT_MULTIPART_PART_COUNT_MAX)
  /// Bytes of one part's head; so much memory a body takes while it is read. At most 65 535.
  public var headSizeMax = Int(KT_MULTIPART_HEAD_SIZE_MAX)
  /// Field lines in one part's head. At most 65 535.
  public var fieldCountMax = Int(KT_MULTIPART_FIELD_COUNT_MAX)

  public init() {}

  var native: kt_multipart_limits {
    kt_multipart_limits(
      body_size_max: UInt64(clamping: bodySizeMax), part_size_max: UInt64(clamping: partSizeMax),
      part_count_max: UInt32(clamping: partCountMax), head_size_max: UInt16(clamping: headSizeMax),
      field_count_max: UInt16(clamping: fieldCountMax))
  }
}

extension Context {
  /// The content as multipart/form-data. On a route that streams it, parts are read while they arrive; on one that
  /// buffers it, they are read from memory. To be called once.
  ///
  /// - Throws: 415 for another media type, 400 for one without a boundary.
  @_lifetime(copy self)
  public func multipart(limits: MultipartLimits = MultipartLimits()) throws(Problem) -> Multipart {
    let reader = try MultipartReader(exchange, limits.native)
    return unsafe _overrideLifetime(Multipart(reader), copying: self)
  }
}

extension kt_bytes {
  /// Nil when it is not there; invalid UTF-8 is repaired.
  fileprivate var text: String? {
    p.map { String(decoding: UnsafeBufferPointer(start: $0, count: n), as: UTF8.self) }
  }
}
