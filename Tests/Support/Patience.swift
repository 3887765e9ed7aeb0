import Glibc

/// How long a test waits for what must come, in seconds. It decides nothing but when a test that hangs is given up:
/// on a machine with one core a task may stand behind every other test of the process.
package let patienceSeconds = 300

package struct TookTooLong: Error {
  package init() {}
}

/// Waits until the condition holds.
package func eventually(_ condition: () throws -> Bool) async throws {
  let end = ContinuousClock.now + .seconds(patienceSeconds)
  while try !condition() {
    if ContinuousClock.now > end { throw TookTooLong() }
    try await Task.sleep(for: .milliseconds(2))
  }
}

/// Blocks until the condition holds: for threads of ``blocking(_:)``.
package func blockUntil(_ condition: () throws -> Bool) throws {
  let end = ContinuousClock.now + .seconds(patienceSeconds)
  while try !condition() {
    if ContinuousClock.now > end { throw TookTooLong() }
    usleep(1000)
  }
}
