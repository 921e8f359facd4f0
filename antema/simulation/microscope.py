"""The microscope: the exit wave goes through the objective, and the camera records it."""

import numpy as np
from scipy import fft, ndimage

from .options import SimulationOptions
from .particles import MARGIN_PX

PHASE_LIMIT_RAD = 3.0


def transfer(options: SimulationOptions, absorption: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Send the exit wave through the objective and return the intensity without the margin."""
    bent = PHASE_LIMIT_RAD * np.tanh(phase / PHASE_LIMIT_RAD)
    wave = np.exp(-absorption / 2) * np.exp(1j * bent)
    rows, columns = (fft.next_fast_len(n) for n in wave.shape)
    padded = np.pad(
        wave.astype(np.complex64),
        ((0, rows - wave.shape[0]), (0, columns - wave.shape[1])),
        mode="symmetric",
    )
    qy = fft.fftfreq(rows, options.nm_per_pixel).astype(np.float32)[:, None]
    qx = fft.fftfreq(columns, options.nm_per_pixel).astype(np.float32)[None]
    seen = fft.ifft2(fft.fft2(padded) * transfer_function(options, qy**2 + qx**2))
    bottom, right = MARGIN_PX + options.rows_px, MARGIN_PX + options.columns_px
    return np.abs(seen[MARGIN_PX:bottom, MARGIN_PX:right]) ** 2


def transfer_function(options: SimulationOptions, q2: np.ndarray) -> np.ndarray:
    """Return the transfer function with its envelopes on a grid of squared frequency (1/nm^2)."""
    volts = options.voltage_kv * 1e3
    wavelength = 1.22643 / np.sqrt(volts * (1 + 0.978476e-6 * volts))
    cs_nm, alpha = options.cs_mm * 1e6, options.convergence_mrad * 1e-3
    chi = np.pi * wavelength * q2 * (options.defocus_nm + 0.5 * cs_nm * wavelength**2 * q2)
    slope2 = q2 * (cs_nm * wavelength**2 * q2 + options.defocus_nm) ** 2
    damping = (np.pi * alpha) ** 2 * slope2
    damping += 0.5 * (np.pi * wavelength * options.focal_spread_nm * q2) ** 2
    damping += 2 * (np.pi * options.drift_nm) ** 2 * q2
    return np.exp(-np.minimum(damping, 60) - 1j * chi).astype(np.complex64)


def record(
    rng: np.random.Generator, options: SimulationOptions, intensity: np.ndarray
) -> np.ndarray:
    """Illuminate, count electrons, and read the camera out: float32 pixels."""
    rows, columns = intensity.shape
    if options.gradient:
        angle = rng.uniform(0, 2 * np.pi)
        y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
        x = np.linspace(-1, 1, columns, dtype=np.float32)[None]
        slope = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y
        bowl = np.float32(rng.uniform(-0.6, 0.3)) * (x**2 + y**2)
        intensity = intensity * np.clip(1 + np.float32(options.gradient) * (slope + bowl), 0.05, 5)
    if options.dose:
        counts = np.clip(intensity, 0, 50) * options.dose
        spread = np.sqrt(np.maximum(counts, 0) + 0.5).astype(np.float32)
        # Beyond 20 electrons a Poisson count is normal to within the camera's own noise.
        counts = (
            rng.poisson(counts).astype(np.float32)
            if options.dose < 20
            else counts + spread * rng.standard_normal(counts.shape, dtype=np.float32)
        )
        intensity = counts / options.dose
    if options.camera_blur_px:
        intensity = ndimage.gaussian_filter(intensity, options.camera_blur_px, truncate=3)
    if options.stripes:
        lines = ndimage.gaussian_filter1d(rng.standard_normal(rows), rng.uniform(0.3, 2))
        across = rng.random() < 0.5
        size = columns if across else rows
        lines = ndimage.gaussian_filter1d(rng.standard_normal(size), rng.uniform(0.3, 2))
        gain = 1 + options.stripes * lines / max(float(lines.std()), 1e-6)
        intensity = intensity * (gain[None] if across else gain[:, None])
    return np.clip(intensity * 1000, 0, None).astype(np.float32)
