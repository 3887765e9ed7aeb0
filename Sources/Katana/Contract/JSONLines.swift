import CKatana

/// JSON documents that a client sends one after another, each decoded and checked when it has arrived: JSON Lines
/// (jsonlines.org) or a JSON text sequence (RFC 7464).
///
/// ```swift
/// func importProducts(body: JSONLines<Product>, _ context: Context) async throws -> ImportResult {
///   var count = 0
///   while let product = try await body.next() {
///     try await store.insert(product)
///     count += 1
///   }
///   return ImportResult(count: count)
/// }
/// ```
///
/// Nothing is kept but the document that is arriving, so that a body of any length passes. Like ``RequestBody`` it
/// cannot be stored or captured by a task.
public struct JSONLines<Element>: ~Escapable {
  private let exchange: OpaquePointer
  private let arrival: JSONLineArrival
  private let decode: (inout JSONReader) -> Element?

  @_lifetime(immortal)
  init(
    _ exchange: OpaquePointer, _ documents: JSONLineSplitter, _ documentSizeMax: Int,
    _ decode: @escaping (inout JSONReader) -> Element?
  ) {
    self.exchange = exchange
    arrival = JSONLineArrival(documents, documentSizeMax)
    self.decode = decode
  }

  /// The next element, or nil at the end.
  ///
  /// - Throws: ``Problem`` with 400 for a document that does not meet its schema, with the violations, whose pointers
  ///   begin with the number of the document, from 0; with 413 for one that is too long. ``RequestCancelled`` when the
  ///   content cannot be completed.
  public nonisolated(nonsending) func next() async throws -> Element? {
    while true {
      if let document = arrival.takeDocument() {
        let number = arrival.documentCount - 1
        let result = arrival.buffer.withUnsafeBytes { bytes in
          decodeDocument(UnsafeRawBufferPointer(rebasing: bytes[document]), number, arrival.documents, decode)
        }
        switch result {
        case .success(let element): return element
        case .failure(let list):
          throw Problem(.badRequest, detail: "the request does not meet its contract", errors: list.violations)
        }
      }
      if arrival.isEnded { return nil }
      guard let chunk = try await nextBytes(of: exchange) else {
        arrival.isEnded = true
        continue
      }
      arrival.append(chunk)
      if arrival.pendingSize > arrival.documentSizeMax {
        throw Problem(.contentTooLarge, detail: "a document has more than \(arrival.documentSizeMax) bytes")
      }
    }
  }
}

/// What has arrived of the content and was not taken yet.
private final class JSONLineArrival {
  private(set) var documents: JSONLineSplitter
  let documentSizeMax: Int
  private(set) var buffer: [UInt8] = []
  private(set) var documentCount = 0
  var isEnded = false

  init(_ documents: JSONLineSplitter, _ documentSizeMax: Int) {
    self.documents = documents
    self.documentSizeMax = documentSizeMax
  }

  /// Bytes of the document that is arriving.
  var pendingSize: Int { buffer.count - documents.start }

  func append(_ chunk: UnsafeRawBufferPointer) {
    // Moved at most once for each chunk, by less than one document.
    buffer.removeSubrange(..<documents.start)
    documents.moveToFront()
    buffer.append(contentsOf: chunk)
  }

  /// Where the next document lies in the buffer; nil when more bytes are needed.
  func takeDocument() -> Range<Int>? {
    let range = buffer.withUnsafeBytes { documents.next(in: $0, isEnded: isEnded) }
    if range != nil { documentCount += 1 }
    return range
  }
}

/// Finds documents in bytes that may still be arriving. Empty ones are passed over, as both formats want it.
struct JSONLineSplitter {
  /// A record separator stands before each document, else a line feed behind it.
  let isSequence: Bool
  /// What lies before was taken.
  private(set) var start = 0
  /// No delimiter lies between `start` and here.
  private var scanned = 0

  init(isSequence: Bool) { self.isSequence = isSequence }

  private static let recordSeparator: UInt8 = 0x1E
  private var delimiter: UInt8 { isSequence ? Self.recordSeparator : UInt8(ascii: "\n") }

  mutating func moveToFront() {
    scanned -= start
    start = 0
  }

  mutating func next(in bytes: UnsafeRawBufferPointer, isEnded: Bool) -> Range<Int>? {
    while true {
      var end = bytes.count
      var isFound = false
      if scanned < bytes.count, let at = memchr(bytes.baseAddress! + scanned, Int32(delimiter), bytes.count - scanned) {
        end = UnsafeRawPointer(at) - bytes.baseAddress!
        isFound = true
      }
      scanned = end
      if !isFound, !isEnded { return nil }
      let range = start..<end
      start = min(end + 1, bytes.count)
      scanned = start
      if !bytes[range].allSatisfy(Self.isSpace) { return range }
      if !isFound { return nil }
    }
  }

  /// Whether a document of a sequence was cut off: a number or a word ends in white space (RFC 7464 §2.4).
  func isTruncated(_ document: UnsafeRawBufferPointer) -> Bool {
    guard isSequence, let last = document.last else { return false }
    return !Self.isSpace(last) && last != UInt8(ascii: "}") && last != UInt8(ascii: "]") && last != UInt8(ascii: "\"")
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}

/// Reads one document; violations name it by its number.
private func decodeDocument<Element>(
  _ bytes: UnsafeRawBufferPointer, _ number: Int, _ splitter: JSONLineSplitter,
  _ decode: (inout JSONReader) -> Element?
) -> Result<Element, ViolationList> {
  if splitter.isTruncated(bytes) {
    return .failure(ViolationList([Violation(pointer: "/\(number)", .syntax, .integer(Int64(bytes.count)))]))
  }
  switch JSONReader.decode(from: bytes.bytes, decode) {
  case .success(let element): return .success(element)
  case .failure(let list):
    return .failure(
      ViolationList(
        list.violations.map { violation in
          var located = violation
          if let pointer = violation.pointer { located.pointer = "/\(number)" + pointer }
          return located
        }))
  }
}

extension Context {
  /// Bytes of one document of ``JSONLines`` unless a route says otherwise: what a client can make the service hold.
  public static var jsonLineSizeMax: Int { 1 << 20 }

  /// The content as JSON documents in lines, or in a sequence of texts, each decoded when it has arrived.
  ///
  /// - Parameters:
  ///   - isSequence: a record separator stands before each document (RFC 7464).
  ///   - documentSizeMax: bytes of one document; 413 beyond.
  ///   - decode: returns nil only when it noted a violation.
  @_lifetime(copy self)
  public func jsonLines<Element>(
    isSequence: Bool = false, documentSizeMax: Int = Context.jsonLineSizeMax,
    _ decode: @escaping (inout JSONReader) -> Element?
  ) -> JSONLines<Element> {
    let lines = JSONLines(exchange, JSONLineSplitter(isSequence: isSequence), documentSizeMax, decode)
    return unsafe _overrideLifetime(lines, copying: self)
  }
}

extension RequestReader {
  /// The content as JSON documents in lines, or in a sequence of texts, wholly in memory. Violations name a document by
  /// its number, from 0: `/3/name`. `decode` returns nil only when it noted a violation.
  public mutating func jsonLines<Element>(
    isSequence: Bool = false, _ decode: (inout JSONReader) -> Element?
  ) -> [Element]? {
    let body = kt_exchange_body(exchange)
    let bytes = UnsafeRawBufferPointer(start: body.p, count: body.n)
    var splitter = JSONLineSplitter(isSequence: isSequence)
    var elements: [Element] = []
    var number = 0
    while let document = splitter.next(in: bytes, isEnded: true) {
      switch decodeDocument(UnsafeRawBufferPointer(rebasing: bytes[document]), number, splitter, decode) {
      case .success(let element): elements.append(element)
      case .failure(let list):
        violations += list.violations
        // A client that never sends a line of the schema must not cost a text for each.
        if violations.count > Violation.maximum { return nil }
      }
      number += 1
    }
    return violations.isEmpty ? elements : nil
  }
}
