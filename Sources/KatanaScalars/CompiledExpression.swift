internal import CPCRE2

/// A regular expression of ECMA-262 with the `u` flag, as PCRE2 has compiled it. Immutable, so that all threads share
/// it; what a match needs to write belongs to the thread.
package final class CompiledExpression: @unchecked Sendable {
  private let code: OpaquePointer
  private let limits: ExpressionLimits

  package init(_ source: String, _ limits: ExpressionLimits = ExpressionLimits()) throws(ExpressionFault) {
    // PCRE2_ALT_BSUX is not among them: every escape is translated, and `\x{…}` is what it is translated to.
    let options =
      UInt32(PCRE2_UTF) | UInt32(PCRE2_DOLLAR_ENDONLY) | UInt32(PCRE2_MATCH_UNSET_BACKREF)
      | UInt32(PCRE2_NEVER_BACKSLASH_C) | UInt32(PCRE2_NEVER_UCP)
    var text = try ExpressionTranslator.translate(source)
    var error: Int32 = 0
    var offset = 0
    let compiled = text.withUTF8 { pcre2_compile_8($0.baseAddress, $0.count, options, &error, &offset, nil) }
    guard let compiled else {
      throw ExpressionFault(reason: Self.reason(error), position: source.unicodeScalars.count)
    }
    // A system that allows no machine code leaves it to be interpreted.
    _ = pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
    code = compiled
    self.limits = limits
  }

  deinit { pcre2_code_free_8(code) }

  /// What the translator lets through and PCRE2 does not: look-behinds without a fixed length, and sizes.
  private static func reason(_ error: Int32) -> String {
    if error == PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH { return "a look-behind of a variable length" }
    var message = [UInt8](repeating: 0, count: 256)
    let count = message.withUnsafeMutableBufferPointer { pcre2_get_error_message_8(error, $0.baseAddress, $0.count) }
    return String(decoding: message.prefix(max(0, Int(count))), as: UTF8.self)
  }

  /// How much a match has cost is only known where it hits a limit. So the limit begins low and grows eightfold: what
  /// `steps` has paid for is at least an eighth of all. Four backtracking points are a step.
  ///
  /// - Precondition: the text is UTF-8.
  package func matches(_ text: UnsafeBufferPointer<UInt8>, steps: inout Int) -> Bool {
    let match = ExpressionMatch.current.value
    let most = Int(limits.match) + ExpressionLimits.matchPerByte * text.count
    var limit = min(most, 256 + 4 * text.count)
    var options = UInt32(PCRE2_NO_UTF_CHECK)
    steps -= 4 + text.count / 8
    while steps > 0 {
      let result = match.run(code, text, limit: limit, limits, options)
      if result >= 0 || result == PCRE2_ERROR_NOMATCH { return result >= 0 }
      steps -= limit / 4
      switch result {
      case PCRE2_ERROR_MATCHLIMIT where limit < most: limit = min(most, limit * 8)
      case PCRE2_ERROR_JIT_STACKLIMIT where options & UInt32(PCRE2_NO_JIT) == 0: options |= UInt32(PCRE2_NO_JIT)
      default: return false
      }
    }
    return false
  }
}

/// What one thread needs for matching: allocated once, never for a match.
final class ExpressionMatch {
  static let current = ThreadLocal { ExpressionMatch() }

  private let data: OpaquePointer?
  private let context: OpaquePointer?
  private let stack: OpaquePointer?

  private init() {
    data = pcre2_match_data_create_8(1, nil)
    context = pcre2_match_context_create_8(nil)
    // Without it the 32 KiB on the thread's own stack serve.
    stack = pcre2_jit_stack_create_8(32 * 1024, ExpressionLimits.stack, nil)
    if let context, let stack { pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack)) }
  }

  deinit {
    pcre2_match_data_free_8(data)
    pcre2_match_context_free_8(context)
    pcre2_jit_stack_free_8(stack)
  }

  /// PCRE2's answer: negative when there is no match or a limit was hit.
  func run(
    _ code: OpaquePointer,
    _ text: UnsafeBufferPointer<UInt8>,
    limit: Int,
    _ limits: ExpressionLimits,
    _ options: UInt32
  ) -> Int32 {
    guard let data, let context else { return PCRE2_ERROR_NOMEMORY }
    pcre2_set_match_limit_8(context, UInt32(clamping: limit))
    pcre2_set_depth_limit_8(context, limits.depth)
    pcre2_set_heap_limit_8(context, limits.heap)
    return withUnsafePointer(to: 0 as UInt8) { empty in
      pcre2_match_8(code, text.baseAddress ?? empty, text.count, 0, options, data, context)
    }
  }
}
