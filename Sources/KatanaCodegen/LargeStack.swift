import Glibc

/// Runs work on a thread whose stack is large enough for schemas that lead deep into each other: translating one level
/// takes some tens of KB in a debug build.
enum LargeStack {
  private static let size = 512 << 20

  private final class Work: @unchecked Sendable {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
  }

  static func run<Result>(_ body: () -> Result) -> Result {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return body() }
    defer { pthread_attr_destroy(&attributes) }
    var result: Result?
    return withoutActuallyEscaping({ result = body() }) { escaping in
      let work = Unmanaged.passRetained(Work(escaping))
      var thread = pthread_t()
      let status = pthread_attr_setstacksize(&attributes, size) == 0
        ? pthread_create(
          &thread, &attributes,
          { argument in
            Unmanaged<Work>.fromOpaque(argument!).takeUnretainedValue().body()
            return nil
          }, work.toOpaque()) : EAGAIN
      if status == 0 { pthread_join(thread, nil) } else { work.takeUnretainedValue().body() }
      work.release()
      return result!
    }
  }
}
