import CKatana

/// Feeds a request's content to the C core's multipart machine, which ends with it. Touched by one handler only.
///
/// Invariant: `rest` is what is left of the chunk that the exchange gave last.
final class MultipartReader {
  private let exchange: OpaquePointer
  private let machine: OpaquePointer
  private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
  private var isInPart = false
  /// Parts that began.
  private(set) var number = 0

  init(_ exchange: OpaquePointer, _ limits: kt_multipart_limits) throws(Problem) {
    self.exchange = exchange
    let name: StaticString = "Content-Type"
    let type = kt_request_find(
      kt_exchange_request(exchange), kt_bytes(p: name.utf8Start, n: name.utf8CodeUnitCount))
    guard let machine = withUnsafePointer(to: limits, { kt_multipart_create(type, $0) }) else {
      throw Problem(.serviceUnavailable)
    }
    self.machine = machine
    if kt_multipart_status(machine) != 0 { throw fault }
  }

  deinit { kt_multipart_destroy(machine) }

  /// The head of the part that began last.
  var head: kt_multipart_part { kt_multipart_current(machine).pointee }

  /// Goes on to the next part; false when there is none and the content was read to its end.
  nonisolated(nonsending) func beginPart() async throws -> Bool {
    while let (event, _) = try await next() {
      if event == KT_MULTIPART_PART_BEGIN { return true }
    }
    return false
  }

  /// Content of the part that began last, nil at its end. Valid until the next call.
  nonisolated(nonsending) func nextBytes() async throws -> UnsafeRawBufferPointer? {
    guard isInPart, let (event, payload) = try await next(), event == KT_MULTIPART_PART_DATA else { return nil }
    return UnsafeRawBufferPointer(start: payload.p, count: payload.n)
  }

  /// Nil at the content's end: what stands behind the last boundary was read too.
  private nonisolated(nonsending) func next() async throws -> (kt_multipart_event, kt_bytes)? {
    while true {
      var payload = kt_bytes()
      let event = feed(&payload)
      switch event {
      case KT_MULTIPART_PART_BEGIN:
        number += 1
        isInPart = true
        return (event, payload)
      case KT_MULTIPART_PART_END:
        isInPart = false
        return (event, payload)
      case KT_MULTIPART_PART_DATA: return (event, payload)
      case KT_MULTIPART_END: continue
      case KT_MULTIPART_MORE: break
      default: throw fault
      }
      guard let chunk = try await Katana.nextBytes(of: exchange) else {
        if kt_multipart_finish(machine) == KT_MULTIPART_END { return nil }
        throw fault
      }
      rest = chunk
    }
  }

  private func feed(_ payload: inout kt_bytes) -> kt_multipart_event {
    var consumed = 0
    let event = kt_multipart_feed(
      machine, rest.baseAddress?.assumingMemoryBound(to: UInt8.self), rest.count, &consumed, &payload)
    rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
    return event
  }

  private var fault: Problem {
    Problem(
      Status(rawValue: kt_multipart_status(machine)), detail: kt_multipart_reason(machine).map { String(cString: $0) })
  }
}
